#include "workloads/tensor/k_quants.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/workloads/formats/golden.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

constexpr unsigned kBlockSeed = 20261121;
constexpr std::size_t kRow = kSuperBlock;

std::vector<std::byte> packed(Type type, std::span<const float> values) {
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(row_bytes(type, static_cast<std::int64_t>(values.size()))));
  from_float(type, values, bytes);
  return bytes;
}

std::vector<float> unpacked(Type type, std::span<const std::byte> bytes, std::size_t count) {
  std::vector<float> values(count);
  to_float(type, bytes, values);
  return values;
}

double rms(std::span<const float> values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double rms_difference(std::span<const float> a, std::span<const float> b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    squares += difference * difference;
  }
  return std::sqrt(squares / static_cast<double>(a.size()));
}

class KQuants : public ::testing::TestWithParam<Type> {
 protected:
  const Type type_ = GetParam();
  const std::string name_{name_of(GetParam())};
  const GoldenTensors golden_{"k-quants.safetensors"};
};

TEST_P(KQuants, AreDecodedAsByTheGgufPackageBitByBit) {
  for (const char* which : {"", "_ggml"}) {
    const auto bytes = golden_.values<std::byte>(name_ + which + "_bytes");
    const auto expected = golden_.values<float>(name_ + which + "_dequantised");
    ASSERT_GE(expected.size(), 30 * kRow);
    const auto values = unpacked(type_, bytes, expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(expected[i])) {
        ASSERT_TRUE(std::isnan(values[i])) << which << " block " << i / kRow << " at " << i % kRow;
      } else {
        ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]),
                  std::bit_cast<std::uint32_t>(expected[i]))
            << which << " block " << i / kRow << " at " << i % kRow;
      }
    }
  }
}

// No row is visibly worse than what llama.cpp would have stored, and ordinary ones are better.
TEST_P(KQuants, AreEncodedAtLeastAsWellAsByGgml) {
  const auto input = golden_.values<float>("input");
  const auto theirs = golden_.values<float>(name_ + "_ggml_dequantised");
  const auto ours = unpacked(type_, packed(type_, input), input.size());
  double ours_sum = 0, theirs_sum = 0;
  for (std::size_t row = 0; row < input.size() / kRow; ++row) {
    const auto part = [&](const std::vector<float>& values) {
      return std::span(values).subspan(row * kRow, kRow);
    };
    const double size = rms(part(input));
    const double our_error = rms_difference(part(ours), part(input));
    const double their_error = rms_difference(part(theirs), part(input));
    EXPECT_LE(our_error, 1.05 * their_error + 1e-6 * size) << "row " << row;
    if (row < 12) {  // normal, as weights are
      ours_sum += our_error;
      theirs_sum += their_error;
    }
  }
  EXPECT_LE(ours_sum, theirs_sum);
}

TEST_P(KQuants, KeepTheirBytesForEver) {
  // Synthetic models and stored answers depend on them; so does every other processor.
  const auto bytes = packed(type_, golden_.values<float>("input"));
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::byte byte : bytes) {
    hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
  }
  EXPECT_EQ(hash, type_ == Type::q4_k ? 13317049059574430657U : 14939949622793193881U);
}

TEST_P(KQuants, ComeBackAlmostTheSameFromWhatTheyCanExpress) {
  const auto bytes = golden_.values<std::byte>(name_ + "_ggml_bytes");
  const auto block = static_cast<std::size_t>(type_info(type_).block_bytes);
  const auto values = unpacked(type_, std::span(bytes).first(12 * block), 12 * kRow);
  const auto again = unpacked(type_, packed(type_, values), values.size());
  const auto input = golden_.values<float>("input");
  EXPECT_LE(rms_difference(values, again), 0.25 * rms_difference(values, input));
}

TEST_P(KQuants, OfZerosAreZeros) {
  const std::vector<float> zeros(2 * kRow, 0.0F);
  EXPECT_EQ(unpacked(type_, packed(type_, zeros), zeros.size()), zeros);
}

TEST_P(KQuants, OfOneValueAmongZerosKeepIt) {
  for (const float value : {1.0F, -1.0F, 0.3F, -700.0F}) {
    for (const std::size_t at : {0U, 31U, 32U, 200U, 255U}) {
      std::vector<float> row(kRow, 0.0F);
      row[at] = value;
      const auto back = unpacked(type_, packed(type_, row), kRow);
      EXPECT_NEAR(back[at], value, 0.02F * std::fabs(value)) << at;
      EXPECT_NEAR(rms_difference(back, row), 0.0, 2e-3 * std::fabs(value)) << at;
    }
  }
}

TEST_P(KQuants, OfAnySizeErrByTheSameShare) {
  std::mt19937 random(kBlockSeed);
  std::normal_distribution<float> normal;
  std::vector<float> row(kRow);
  for (float& value : row) value = normal(random);
  const double expected = rms_difference(unpacked(type_, packed(type_, row), kRow), row);
  for (const float scale : {0x1p-8F, 0x1p-4F, 0x1p10F}) {
    std::vector<float> scaled(row);
    for (float& value : scaled) value *= scale;
    const double error = rms_difference(unpacked(type_, packed(type_, scaled), kRow), scaled);
    EXPECT_NEAR(error / scale, expected, 0.03 * expected) << scale << ", seed " << kBlockSeed;
  }
}

TEST_P(KQuants, OfWhatCannotBeRepresentedAreDefined) {
  // Sanitizers watch: no conversion of an infinite or undefined number to an integer.
  using Limits = std::numeric_limits<float>;
  for (const float strange : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                              Limits::denorm_min(), Limits::max(), Limits::lowest()}) {
    std::vector<float> row(kRow, 1.0F), alone(kRow, 0.0F);
    row[7] = row[100] = row[255] = strange;
    alone[3] = strange;
    EXPECT_EQ(packed(type_, row), packed(type_, row));
    EXPECT_EQ(packed(type_, alone).size(), static_cast<std::size_t>(type_info(type_).block_bytes));
    // A NaN spoils its sub-block at the most.
    for (const float value : unpacked(type_, packed(type_, row), kRow))
      EXPECT_FALSE(std::isnan(value));
  }
}

INSTANTIATE_TEST_SUITE_P(Both, KQuants, ::testing::Values(Type::q4_k, Type::q6_k),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(Q4K, TakesScalesAndMinimumsFromTheirTwelveBytes) {
  // d = 1, dmin = 2; scale and minimum of sub-block 1 are 33 and 5, those of sub-block 6 are 50 and
  // 17: 50 = 3 * 16 + 2, 17 = 1 * 16 + 1. Every code is 3.
  std::vector<std::byte> block(kQ4KBytes, std::byte{0});
  block[1] = std::byte{0x3c};
  block[3] = std::byte{0x40};
  block[4 + 1] = std::byte{33};
  block[4 + 5] = std::byte{5};
  block[4 + 10] = std::byte{(1 << 4) | 2};
  block[4 + 2] = std::byte{3 << 6};
  block[4 + 6] = std::byte{1 << 6};
  std::fill(block.begin() + 16, block.end(), std::byte{0x33});
  const auto values = unpacked(Type::q4_k, block, kRow);
  for (std::size_t i = 0; i < kRow; ++i) {
    const float expected = i / 32 == 1 ? 33 * 3 - 2 * 5 : i / 32 == 6 ? 50 * 3 - 2 * 17 : 0;
    EXPECT_EQ(values[i], expected) << i;
  }
}

TEST(Q6K, PutsItsCodesTogetherFromTwoPlaces) {
  // d = 1, every scale 1. Element 128 + 64 + 5 has low bits 9 in the high half of byte 64 + 5 and
  // upper bits 2 (of weight 16) in bits 4 and 5 of upper byte 32 + 5; every other code is 0.
  std::vector<std::byte> block(kQ6KBytes, std::byte{0});
  block[64 + 5] = std::byte{9 << 4};
  block[128 + 32 + 5] = std::byte{2 << 4};
  std::fill(block.begin() + 192, block.begin() + 208, std::byte{1});
  block[209] = std::byte{0x3c};
  const auto values = unpacked(Type::q6_k, block, kRow);
  for (std::size_t i = 0; i < kRow; ++i) {
    EXPECT_EQ(values[i], i == 128 + 64 + 5 ? 2 * 16 + 9 - 32 : -32) << i;
  }
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/tensor/integer_quants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "workloads/tensor/convert.h"
#include "workloads/tensor/unaligned.h"

namespace ridgepoint {
namespace {

constexpr unsigned kIntegerSeed = 20261122;

std::vector<std::byte> stored(Type type, std::span<const float> values) {
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(row_bytes(type, static_cast<std::int64_t>(values.size()))));
  from_float(type, values, bytes);
  return bytes;
}

std::vector<float> meant(Type type, std::span<const std::byte> bytes, std::size_t count) {
  std::vector<float> values(count);
  to_float(type, bytes, values);
  return values;
}

/// The scale that element `index` of a row has.
float scale_at(Type type, std::span<const std::byte> row, std::size_t index) {
  if (type == Type::q8_channel) return load_unaligned<float>(row.data());
  const TypeInfo& info = type_info(type);
  const auto block = info.row_header_bytes != 0
                         ? std::size_t{0}
                         : index / static_cast<std::size_t>(info.block_elements) *
                               static_cast<std::size_t>(info.block_bytes);
  return f16_to_float(load_unaligned<std::uint16_t>(row.data() + block));
}

class IntegerQuants : public ::testing::TestWithParam<Type> {
 protected:
  const Type type_ = GetParam();
  /// Lengths of rows that the type takes, odd ones where it does.
  [[nodiscard]] std::vector<std::size_t> lengths() const {
    const TypeInfo& info = type_info(type_);
    const auto block = static_cast<std::size_t>(info.block_elements);
    if (info.row_header_bytes == 0) return {block, 3 * block, 7 * block};
    return {1, 2, 31, 33, 80, 333};
  }
  void expect_half_a_step(const std::vector<float>& values) const {
    const auto bytes = stored(type_, values);
    const auto back = meant(type_, bytes, values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float scale = scale_at(type_, bytes, i);
      // Divisions and products round once each.
      ASSERT_LE(std::fabs(back[i] - values[i]), scale / 2 * (1 + 1e-4F))
          << "element " << i << " of " << values.size() << ", seed " << kIntegerSeed;
    }
  }
};

TEST_P(IntegerQuants, ErrByHalfAStepAtTheMost) {
  std::mt19937 random(kIntegerSeed);
  std::normal_distribution<float> normal;
  for (const std::size_t length : lengths()) {
    for (const float scale : {1.0F, 0.02F, 3e-4F, 1000.0F}) {
      for (const float shift : {0.0F, 5.0F, -5.0F}) {
        std::vector<float> values(length);
        for (float& value : values) value = scale * (normal(random) + shift);
        expect_half_a_step(values);
      }
    }
  }
}

TEST_P(IntegerQuants, HaveAScaleThatJustCoversTheRange) {
  std::mt19937 random(kIntegerSeed);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  const auto length = static_cast<std::size_t>(type_info(type_).block_elements);
  std::vector<float> values(length);
  for (float& value : values) value = uniform(random);
  values.front() = -1.0F;
  values.back() = 1.0F;
  if (length == 1) values.front() = 1.0F;
  const bool nibbles = name_of(type_).starts_with("w4");
  const float exact = nibbles ? 2.0F / 15.0F : 1.0F / 127.0F;
  const float scale = scale_at(type_, stored(type_, values), 0);
  EXPECT_GE(scale, exact * (1 - 1e-6F));
  EXPECT_LE(scale, exact * (1 + 1.0F / 1024));
}

TEST_P(IntegerQuants, KeepZerosAndConstants) {
  for (const std::size_t length : lengths()) {
    const std::vector<float> zeros(length, 0.0F);
    EXPECT_EQ(meant(type_, stored(type_, zeros), length), zeros);
    for (const float constant : {0.75F, -0.75F}) {
      for (const float value :
           meant(type_, stored(type_, std::vector<float>(length, constant)), length)) {
        EXPECT_NEAR(value, constant, 0.75F / 1024);
      }
    }
    std::vector<float> with_zeros(length, 0.0F);
    with_zeros[length / 2] = 0.3F;
    const auto back = meant(type_, stored(type_, with_zeros), length);
    for (std::size_t i = 0; i < length; ++i) {
      if (i != length / 2) {
        EXPECT_EQ(back[i], 0.0F);
      }
    }
  }
}

TEST_P(IntegerQuants, OfTinyNumbersAreNearThem) {
  for (const float tiny : {1e-6F, 1e-9F, 1e-30F, std::numeric_limits<float>::denorm_min()}) {
    for (const std::size_t length : lengths()) {
      std::vector<float> values(length, tiny);
      values[0] = -tiny;
      // Below the smallest f16 scale, what is left is within half of it.
      for (const float value : meant(type_, stored(type_, values), length)) {
        EXPECT_LE(std::fabs(value), 2 * tiny);
      }
    }
  }
}

TEST_P(IntegerQuants, OfWhatCannotBeRepresentedAreDefined) {
  using Limits = std::numeric_limits<float>;
  for (const float strange : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                              Limits::max(), Limits::lowest()}) {
    std::vector<float> values(lengths().back(), 1.0F);
    values[0] = strange;
    EXPECT_EQ(stored(type_, values), stored(type_, values));
  }
}

TEST_P(IntegerQuants, AreTheSameWhenStoredTwice) {
  std::mt19937 random(kIntegerSeed);
  std::normal_distribution<float> normal;
  std::vector<float> values(lengths().back());
  for (float& value : values) value = normal(random);
  const auto once = meant(type_, stored(type_, values), values.size());
  const auto twice = meant(type_, stored(type_, once), values.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_NEAR(twice[i], once[i], 2e-3F * std::fabs(once[i]) + 1e-6F);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, IntegerQuants,
                         ::testing::Values(Type::q8_channel, Type::q8_g64, Type::q8_g128,
                                           Type::w4_channel, Type::w4_g32, Type::w4_g64,
                                           Type::w4_g128),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(W4, LaysNibblesAsQ40Does) {
  // Scale 1, zero 3: codes 0..15, so element i of the 32 means its code less 3.
  std::vector<float> values(64);
  for (std::size_t i = 0; i < 64; ++i) values[i] = static_cast<float>(i % 16) - 3;
  const auto bytes = stored(Type::w4_g64, values);
  EXPECT_EQ(f16_to_float(load_unaligned<std::uint16_t>(bytes.data())), 1.0F);
  EXPECT_EQ(f16_to_float(load_unaligned<std::uint16_t>(bytes.data() + 2)), 3.0F);
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(std::to_integer<std::size_t>(bytes[4 + i]), i | (i << 4));
    EXPECT_EQ(std::to_integer<std::size_t>(bytes[20 + i]), i | (i << 4));
  }
  EXPECT_EQ(meant(Type::w4_g64, bytes, 64), values);
}

TEST(Q8Channel, IsAScaleAndABytePerElement) {
  const std::vector<float> values{127.0F, -127.0F, 0.0F, 63.4F, -63.6F};
  const auto bytes = stored(Type::q8_channel, values);
  ASSERT_EQ(bytes.size(), 9U);
  EXPECT_EQ(load_unaligned<float>(bytes.data()), 1.0F);
  EXPECT_THAT(meant(Type::q8_channel, bytes, 5), ::testing::ElementsAre(127, -127, 0, 63, -64));
}

}  // namespace
}  // namespace ridgepoint

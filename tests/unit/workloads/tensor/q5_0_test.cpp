#include "workloads/tensor/q5_0.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// What `gguf` 0.19 (gguf.quants.quantize, Q5_0) makes of the numbers below.
constexpr std::string_view kByGguf =
    "00394b314aa9d052fc745ecd30eb523dbb2fd6410b68"
    "003df55a29c720fe3107e210f31105321fe300f4310e";

std::vector<float> numbers() {
  std::vector<float> values;
  for (int i = 0; i < 64; ++i) {
    values.push_back(i % 5 != 0 ? static_cast<float>(i * 37 % 64 - 29) / 8.0F
                                : static_cast<float>(-i / 3.0));
  }
  return values;
}

TEST(Q5_0, IsWrittenAsGgufWritesIt) {
  std::vector<std::byte> bytes(2 * kQ5Bytes);
  from_float(Type::q5_0, numbers(), bytes);
  EXPECT_EQ(bytes, from_hex(kByGguf));
}

TEST(Q5_0, HasBitFourOfEachCodeInOnePlaceAndTheRestInNibbles) {
  std::vector<std::byte> block(kQ5Bytes);
  block[1] = std::byte{0x38};  // 0.5
  block[2] = std::byte{0x02};  // of element 1
  block[5] = std::byte{0x80};  // of element 31
  block[6] = std::byte{0x21};  // of elements 0 and 16
  block[21] = std::byte{0xf0};
  std::vector<float> values(kQ5Elements);
  to_float(Type::q5_0, block, values);
  EXPECT_EQ(values[0], (1 - 16) * 0.5F);
  EXPECT_EQ(values[1], 0.0F);
  EXPECT_EQ(values[2], -8.0F);
  EXPECT_EQ(values[16], (2 - 16) * 0.5F);
  EXPECT_EQ(values[31], 7.5F);
}

TEST(Q5_0, OfWhatIsNoNumberHasCodesAllTheSame) {
  std::vector<float> values(kQ5Elements, 1.0F);
  values[3] = std::numeric_limits<float>::quiet_NaN();
  values[4] = -std::numeric_limits<float>::infinity();
  std::vector<std::byte> block(kQ5Bytes);
  from_float(Type::q5_0, values, block);
  for (const int code : q5_0_codes(block.data())) {
    EXPECT_GE(code, -16);
    EXPECT_LE(code, 15);
  }
}

}  // namespace
}  // namespace ridgepoint

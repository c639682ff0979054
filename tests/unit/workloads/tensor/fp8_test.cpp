#include "workloads/tensor/fp8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "workloads/tensor/convert.h"
#include "workloads/tensor/unaligned.h"

namespace ridgepoint {
namespace {

constexpr unsigned kFp8Seed = 20261123;

std::vector<float> through(const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() + 4);
  from_float(Type::fp8, values, bytes);
  std::vector<float> back(values.size());
  to_float(Type::fp8, bytes, back);
  return back;
}

TEST(E4M3, IsAsTheSpecificationSays) {
  // OCP 8-bit floating point specification, table of E4M3: S.1111.110 = 448, S.0000.001 = 2^-9, ...
  EXPECT_EQ(e4m3_to_float(0x7e), 448.0F);
  EXPECT_EQ(e4m3_to_float(0xfe), -448.0F);
  EXPECT_EQ(e4m3_to_float(0x08), 0x1p-6F);
  EXPECT_EQ(e4m3_to_float(0x07), 0.875F * 0x1p-6F);
  EXPECT_EQ(e4m3_to_float(0x01), 0x1p-9F);
  EXPECT_EQ(e4m3_to_float(0x38), 1.0F);
  EXPECT_EQ(e4m3_to_float(0x00), 0.0F);
  EXPECT_TRUE(std::signbit(e4m3_to_float(0x80)));
  EXPECT_TRUE(std::isnan(e4m3_to_float(0x7f)));
  EXPECT_TRUE(std::isnan(e4m3_to_float(0xff)));
}

TEST(E4M3, EveryPatternSurvivesTheWayThroughFloat) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const auto pattern = static_cast<std::uint8_t>(bits);
    EXPECT_EQ(float_to_e4m3(e4m3_to_float(pattern)), pattern) << bits;
  }
}

TEST(E4M3, IsTheNearestAndEvenInATie) {
  for (unsigned bits = 0; bits < 0x7e; ++bits) {
    const float here = e4m3_to_float(static_cast<std::uint8_t>(bits));
    const float next = e4m3_to_float(static_cast<std::uint8_t>(bits + 1));
    const float middle = here + (next - here) / 2;
    const unsigned even = bits % 2 == 0 ? bits : bits + 1;
    EXPECT_EQ(float_to_e4m3(middle), even) << bits;
    EXPECT_EQ(float_to_e4m3(std::nextafter(middle, 0.0F)), bits);
    EXPECT_EQ(float_to_e4m3(std::nextafter(middle, 1e9F)), bits + 1);
    EXPECT_EQ(float_to_e4m3(-middle), even | 0x80U);
  }
}

TEST(E4M3, SaturatesAndKeepsNan) {
  using Limits = std::numeric_limits<float>;
  for (const float large : {449.0F, 464.0F, 480.0F, 1e30F, Limits::max(), Limits::infinity()}) {
    EXPECT_EQ(float_to_e4m3(large), 0x7e) << large;
    EXPECT_EQ(float_to_e4m3(-large), 0xfe) << large;
  }
  EXPECT_EQ(float_to_e4m3(Limits::quiet_NaN()) & 0x7fU, 0x7fU);
  EXPECT_EQ(float_to_e4m3(Limits::denorm_min()), 0x00);
}

TEST(Fp8, ErrsByASixteenthOfAnElementOrOfTheSmallestStep) {
  std::mt19937 random(kFp8Seed);
  std::normal_distribution<float> normal;
  for (const std::size_t length : {1U, 3U, 80U, 333U}) {
    for (const float scale : {1.0F, 1e-3F, 1e4F, 1e-30F}) {
      std::vector<float> values(length);
      float largest = 0.0F;
      for (float& value : values) {
        value = scale * std::pow(normal(random), 5.0F);
        largest = std::max(largest, std::fabs(value));
      }
      const auto back = through(values);
      for (std::size_t i = 0; i < length; ++i) {
        const float bound =
            std::max(std::fabs(values[i]) / 16, fp8_scale(largest) * 0x1p-10F) * (1 + 1e-5F);
        EXPECT_LE(std::fabs(back[i] - values[i]), bound) << i << ", seed " << kFp8Seed;
      }
    }
  }
}

TEST(Fp8, KeepsZerosAndTheLargest) {
  EXPECT_EQ(through({0.0F, 0.0F, 0.0F}), (std::vector<float>{0.0F, 0.0F, 0.0F}));
  EXPECT_FLOAT_EQ(through({0.1F, -0.7F})[1], -0.7F);
}

TEST(Fp8, TakesTheScaleOfAWholeTensorAndSaturates) {
  std::vector<std::byte> row(4 + 3);
  float_to_fp8(std::vector<float>{1.0F, -10.0F, 2000.0F}, 2.0F, row.data());
  EXPECT_EQ(load_unaligned<float>(row.data()), 2.0F);
  std::vector<float> back(3);
  to_float(Type::fp8, row, back);
  EXPECT_THAT(back, ::testing::ElementsAre(1.0F, -10.0F, 896.0F));
}

}  // namespace
}  // namespace ridgepoint

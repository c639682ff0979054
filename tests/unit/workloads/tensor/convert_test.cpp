#include "workloads/tensor/convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/unit/workloads/formats/golden.h"

namespace ridgepoint {
namespace {

constexpr unsigned kSeed = 20240611;

std::vector<std::byte> encoded(Type type, const std::vector<float>& values) {
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(row_bytes(type, static_cast<std::int64_t>(values.size()))));
  from_float(type, values, bytes);
  return bytes;
}

std::vector<float> decoded(Type type, std::span<const std::byte> bytes, std::size_t count) {
  std::vector<float> values(count);
  to_float(type, bytes, values);
  return values;
}

TEST(Half, EveryPatternSurvivesTheWayThroughFloat) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = f16_to_float(half);
    if ((bits & 0x7fffU) > 0x7c00U) {
      EXPECT_TRUE(std::isnan(value)) << bits;
      EXPECT_TRUE(std::isnan(f16_to_float(float_to_f16(value)))) << bits;
    } else {
      EXPECT_EQ(float_to_f16(value), half) << bits;
      // Sign, exponent and mantissa as IEEE 754 defines binary16.
      const int exponent = static_cast<int>((bits >> 10) & 0x1fU);
      const double mantissa = static_cast<double>(bits & 0x3ffU);
      const double magnitude = exponent == 31  ? std::numeric_limits<double>::infinity()
                               : exponent == 0 ? std::ldexp(mantissa, -24)
                                               : std::ldexp(1024.0 + mantissa, exponent - 25);
      EXPECT_EQ(static_cast<double>(value), (bits & 0x8000U) != 0U ? -magnitude : magnitude)
          << bits;
    }
  }
}

TEST(Half, IsTheNearestAndEvenInATie) {
  for (std::uint32_t bits = 0; bits < 0x7c00U; ++bits) {
    const float here = f16_to_float(static_cast<std::uint16_t>(bits));
    const float next =
        bits + 1 == 0x7c00U ? 65536.0F : f16_to_float(static_cast<std::uint16_t>(bits + 1));
    const float middle = here + (next - here) / 2;
    const std::uint32_t even = (bits & 1U) == 0U ? bits : bits + 1;
    ASSERT_EQ(float_to_f16(middle), even);
    ASSERT_EQ(float_to_f16(std::nextafter(middle, 0.0F)), bits);
    ASSERT_EQ(float_to_f16(std::nextafter(middle, 1e9F)), bits + 1);
    ASSERT_EQ(float_to_f16(-middle), even | 0x8000U);
  }
}

TEST(Brain, EveryPatternSurvivesTheWayThroughFloat) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto brain = static_cast<std::uint16_t>(bits);
    const float value = bf16_to_float(brain);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(value), bits << 16);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(bf16_to_float(float_to_bf16(value))));
    } else {
      EXPECT_EQ(float_to_bf16(value), brain);
    }
  }
}

TEST(Brain, ANanWhoseUpperBitsAreZeroStaysANan) {
  EXPECT_TRUE(std::isnan(bf16_to_float(float_to_bf16(std::bit_cast<float>(0x7f800001U)))));
}

TEST(Conversion, OfSingleNumbersMatchesNumpyAndTorch) {
  const GoldenTensors golden("quantisation.safetensors");
  const auto values = golden.values<float>("values");
  const auto f16 = golden.values<std::uint16_t>("f16_bits");
  const auto bf16 = golden.values<std::uint16_t>("bf16_bits");
  ASSERT_GT(values.size(), 100U);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(float_to_f16(values[i]), f16[i]) << std::bit_cast<std::uint32_t>(values[i]);
    EXPECT_EQ(float_to_bf16(values[i]), bf16[i]) << std::bit_cast<std::uint32_t>(values[i]);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(f16_to_float(f16[i])),
              std::bit_cast<std::uint32_t>(golden.values<float>("f16_values")[i]));
    EXPECT_EQ(std::bit_cast<std::uint32_t>(bf16_to_float(bf16[i])),
              std::bit_cast<std::uint32_t>(golden.values<float>("bf16_values")[i]));
  }
}

TEST(Conversion, OfWholeRowsMatchesThatOfSingleNumbers) {
  const GoldenTensors golden("quantisation.safetensors");
  const auto values = golden.values<float>("values");
  const auto f16 = golden.values<std::uint16_t>("f16_bits");
  const auto bf16 = golden.values<std::uint16_t>("bf16_bits");
  EXPECT_EQ(std::memcmp(encoded(Type::f16, values).data(), f16.data(), 2 * f16.size()), 0);
  EXPECT_EQ(std::memcmp(encoded(Type::bf16, values).data(), bf16.data(), 2 * bf16.size()), 0);
}

class Quantisation : public ::testing::TestWithParam<Type> {};

TEST_P(Quantisation, MatchesTheGgufPackageBitByBit) {
  const GoldenTensors golden("quantisation.safetensors");
  const std::string name(name_of(GetParam()));
  const auto input = golden.values<float>("input");
  const auto expected = golden.values<std::byte>(name + "_bytes");
  const auto bytes = encoded(GetParam(), input);
  ASSERT_EQ(bytes.size(), expected.size());
  const auto block = static_cast<std::size_t>(type_info(GetParam()).block_bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(bytes[i], expected[i]) << "byte " << i % block << " of block " << i / block;
  }
}

TEST_P(Quantisation, IsUndoneAsByTheGgufPackage) {
  const GoldenTensors golden("quantisation.safetensors");
  const std::string name(name_of(GetParam()));
  const auto bytes = golden.values<std::byte>(name + "_bytes");
  const auto expected = golden.values<float>(name + "_dequantised");
  EXPECT_EQ(decoded(GetParam(), bytes, expected.size()), expected);
}

TEST_P(Quantisation, OfWhatCannotBeRepresentedIsDefined) {
  // Sanitizers watch: no conversion of an infinite or undefined number to an integer.
  for (const float strange :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::denorm_min(),
        std::numeric_limits<float>::max()}) {
    std::vector<float> values(64, 1.0F);
    values[7] = strange;
    values[40] = strange;
    std::vector<float> alone(32, 0.0F);
    alone[3] = strange;
    EXPECT_EQ(encoded(GetParam(), values), encoded(GetParam(), values));
    EXPECT_EQ(encoded(GetParam(), alone).size(),
              static_cast<std::size_t>(type_info(GetParam()).block_bytes));
  }
}

TEST_P(Quantisation, ErrsByNoMoreThanItsStepAllows) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  std::vector<float> values(32 * 200);
  for (float& value : values) {
    value = normal(random);
  }
  const auto back = decoded(GetParam(), encoded(GetParam(), values), values.size());
  for (std::size_t block = 0; block < values.size(); block += 32) {
    float largest = 0;
    for (std::size_t i = block; i < block + 32; ++i) {
      largest = std::max(largest, std::fabs(values[i]));
    }
    // q4_0 spends its lopsided range -8..7 on the extreme, so the other side may lose a whole step.
    const float step = GetParam() == Type::q8_0 ? largest / 127 / 2 : largest / 8;
    const float scale_rounding = largest / 2048;
    for (std::size_t i = block; i < block + 32; ++i) {
      EXPECT_LE(std::fabs(back[i] - values[i]), step + scale_rounding) << "seed " << kSeed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, Quantisation, ::testing::Values(Type::q8_0, Type::q4_0),
                         [](const auto& param) { return std::string(name_of(param.param)); });

class AnyType : public ::testing::TestWithParam<Type> {};

TEST_P(AnyType, ReadsFromAnyAlignment) {
  std::vector<float> values(256);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i) * 0.25F - 11.0F;
  }
  const auto bytes = encoded(GetParam(), values);
  const auto aligned = decoded(GetParam(), bytes, values.size());
  std::vector<std::byte> shifted(bytes.size() + 3);
  std::copy(bytes.begin(), bytes.end(), shifted.begin() + 3);
  EXPECT_EQ(decoded(GetParam(), std::span(shifted).subspan(3), values.size()), aligned);
}

TEST_P(AnyType, RefusesSpansThatDoNotFit) {
  std::vector<float> values(256);
  std::vector<std::byte> bytes(static_cast<std::size_t>(row_bytes(GetParam(), 256)) + 1);
  EXPECT_THROW(to_float(GetParam(), bytes, values), std::logic_error);
  EXPECT_THROW(from_float(GetParam(), values, bytes), std::logic_error);
}

TEST_P(AnyType, TakesAnEmptyRow) {
  to_float(GetParam(), {}, {});
  from_float(GetParam(), {}, {});
}

std::vector<Type> weight_types() {
  std::vector<Type> weights;
  for (const TypeInfo& info : types()) {
    if (info.weight) weights.push_back(info.type);
  }
  return weights;
}
INSTANTIATE_TEST_SUITE_P(Weights, AnyType, ::testing::ValuesIn(weight_types()),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(Conversion, OfWholeNumbersGoesOneWay) {
  const std::vector<std::int32_t> numbers{-3, 0, 50256};
  EXPECT_EQ(decoded(Type::i32, std::as_bytes(std::span(numbers)), 3),
            (std::vector<float>{-3.0F, 0.0F, 50256.0F}));
  std::vector<std::byte> bytes(4);
  EXPECT_THROW(from_float(Type::i32, std::vector<float>{1.0F}, bytes), std::logic_error);
}

}  // namespace
}  // namespace ridgepoint

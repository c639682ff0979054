#include "workloads/tensor/fp8.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "workloads/tensor/unaligned.h"

namespace ridgepoint {

namespace {

constexpr std::array<float, 256> make_values() {
  std::array<float, 256> values{};
  for (std::size_t bits = 0; bits < values.size(); ++bits) {
    const std::size_t exponent = (bits >> 3U) & 15U, mantissa = bits & 7U;
    // Subnormals are whole multiples of 2^-9.
    float value = static_cast<float>(exponent == 0 ? mantissa : 8 + mantissa) * 0x1p-9F;
    for (std::size_t i = 1; i < exponent; ++i) value *= 2.0F;
    if ((bits & 0x7fU) == 0x7fU) value = std::numeric_limits<float>::quiet_NaN();
    values[bits] = bits >= 128 ? -value : value;
  }
  return values;
}
constexpr std::array<float, 256> kValues = make_values();

}  // namespace

float e4m3_to_float(std::uint8_t bits) {
  return kValues[bits];
}

std::uint8_t float_to_e4m3(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 24U) & 0x80U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) {
    return static_cast<std::uint8_t>(sign | 0x7fU);
  }
  constexpr std::uint32_t kSmallestNormal = (127U - 6U) << 23U;
  constexpr std::uint32_t kLargest = 0x7eU;
  if (magnitude < kSmallestNormal) {
    // The unit in the last place of floats in [2^14, 2^15) is 2^-9: the addition rounds there.
    const float shifted = std::bit_cast<float>(magnitude) + 0x1p14F;
    return static_cast<std::uint8_t>(
        sign | (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0x1p14F)));
  }
  // Half to even on the 20 bits that go away; a carry into the exponent is what is wanted.
  const std::uint32_t rounded =
      (magnitude - ((127U - 7U) << 23U) + 0x7ffffU + ((magnitude >> 20U) & 1U)) >> 20U;
  return static_cast<std::uint8_t>(sign | std::min(rounded, kLargest));
}

float fp8_scale(float largest_magnitude) {
  return largest_magnitude / kLargestE4M3;
}

void fp8_to_float(const std::byte* row, std::span<float> target) {
  const float scale = load_unaligned<float>(row);
  const std::byte* codes = row + sizeof scale;
  for (std::size_t i = 0; i < target.size(); ++i) {
    target[i] = scale * kValues[std::to_integer<std::size_t>(codes[i])];
  }
}

void float_to_fp8(std::span<const float> source, float scale, std::byte* row) {
  store_unaligned(row, scale);
  std::byte* codes = row + sizeof scale;
  const float divisor = scale > 0.0F ? scale : INFINITY;
  for (std::size_t i = 0; i < source.size(); ++i) {
    codes[i] = static_cast<std::byte>(float_to_e4m3(source[i] / divisor));
  }
}

void float_to_fp8(std::span<const float> source, std::byte* row) {
  float largest = 0.0F;
  for (const float value : source) {
    largest = std::fabs(value) > largest ? std::fabs(value) : largest;
  }
  float_to_fp8(source, fp8_scale(largest), row);
}

}  // namespace ridgepoint

#include "workloads/tensor/integer_quants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "workloads/tensor/convert.h"
#include "workloads/tensor/rounding.h"
#include "workloads/tensor/unaligned.h"

namespace ridgepoint {

namespace {

// Every result is that of a single IEEE operation, so the bits are the same on every processor.

constexpr std::size_t kNibbles = 32;
constexpr std::size_t kNibbleBytes = kNibbles / 2;

struct Range {
  float least = 0.0F, most = 0.0F;  ///< with zero in it
};

Range range_of(std::span<const float> values) {
  Range range;
  for (const float value : values) {
    range.least = value < range.least ? value : range.least;
    range.most = value > range.most ? value : range.most;
  }
  return range;
}

/// The smallest f16 that is not below; the largest one at the most.
std::uint16_t half_at_least(float value) {
  constexpr std::uint16_t kLargest = 0x7bff;
  if (!(value < f16_to_float(kLargest))) {
    return value > 0.0F ? kLargest : std::uint16_t{0};
  }
  const std::uint16_t nearest = float_to_f16(value);
  return f16_to_float(nearest) < value ? static_cast<std::uint16_t>(nearest + 1) : nearest;
}

/// Codes of -127..127, zeros where there is no scale.
void write_q8(std::span<const float> source, float scale, std::byte* codes) {
  const float divisor = scale > 0.0F ? scale : INFINITY;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const float code = nearest_between(source[i] / divisor, -127.0F, 127.0F);
    codes[i] = static_cast<std::byte>(static_cast<std::int8_t>(static_cast<std::int32_t>(code)));
  }
}

void read_q8(const std::byte* codes, float scale, std::span<float> target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    target[i] = scale * static_cast<float>(std::to_integer<std::int8_t>(codes[i]));
  }
}

}  // namespace

void q8_group_to_float(const std::byte* block, std::span<float> target) {
  read_q8(block + 2, f16_to_float(load_unaligned<std::uint16_t>(block)), target);
}

void float_to_q8_group(std::span<const float> source, std::byte* block) {
  const Range range = range_of(source);
  const std::uint16_t scale = half_at_least(std::max(-range.least, range.most) / 127.0F);
  store_unaligned(block, scale);
  write_q8(source, f16_to_float(scale), block + 2);
}

void q8_channel_to_float(const std::byte* row, std::span<float> target) {
  read_q8(row + 4, load_unaligned<float>(row), target);
}

void float_to_q8_channel(std::span<const float> source, std::byte* row) {
  const Range range = range_of(source);
  const float scale = std::max(-range.least, range.most) / 127.0F;
  store_unaligned(row, scale);
  write_q8(source, scale, row + 4);
}

void w4_group_to_float(const std::byte* block, std::span<float> target) {
  const float scale = f16_to_float(load_unaligned<std::uint16_t>(block));
  const float zero = f16_to_float(load_unaligned<std::uint16_t>(block + 2));
  const std::byte* codes = block + 4;
  for (std::size_t first = 0; first < target.size(); first += kNibbles, codes += kNibbleBytes) {
    std::array<float, kNibbles> values;
    for (std::size_t i = 0; i < kNibbleBytes; ++i) {
      const auto pair = std::to_integer<std::int32_t>(codes[i]);
      values[i] = scale * (static_cast<float>(pair & 15) - zero);
      values[kNibbleBytes + i] = scale * (static_cast<float>(pair >> 4) - zero);
    }
    const auto part = target.subspan(first, std::min(kNibbles, target.size() - first));
    std::copy_n(values.begin(), part.size(), part.begin());
  }
}

void float_to_w4_group(std::span<const float> source, std::byte* block) {
  const Range range = range_of(source);
  const std::uint16_t scale_bits = half_at_least((range.most - range.least) / 15.0F);
  const float scale = f16_to_float(scale_bits);
  const float divisor = scale > 0.0F ? scale : INFINITY;
  const float zero = nearest_between(-range.least / divisor, 0.0F, 15.0F);
  store_unaligned(block, scale_bits);
  store_unaligned(block + 2, float_to_f16(zero));
  std::byte* codes = block + 4;
  for (std::size_t first = 0; first < source.size(); first += kNibbles, codes += kNibbleBytes) {
    const auto part = source.subspan(first, std::min(kNibbles, source.size() - first));
    std::array<float, kNibbles> values{};
    std::copy(part.begin(), part.end(), values.begin());
    for (std::size_t i = 0; i < kNibbleBytes; ++i) {
      const float low = nearest_between(values[i] / divisor + zero, 0.0F, 15.0F);
      const float high = nearest_between(values[kNibbleBytes + i] / divisor + zero, 0.0F, 15.0F);
      codes[i] = static_cast<std::byte>(static_cast<std::int32_t>(low) +
                                        16 * static_cast<std::int32_t>(high));
    }
  }
}

}  // namespace ridgepoint

#include "workloads/tensor/q5_0.h"

#include <algorithm>
#include <cmath>

#include "workloads/tensor/convert.h"
#include "workloads/tensor/unaligned.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kHalfOfQ5 = kQ5Elements / 2;
constexpr std::size_t kUpperBitsAt = 2;
constexpr std::size_t kNibblesAt = 6;
constexpr int kMiddleCode = 16;
constexpr float kLargestCode = 31.0F;

}  // namespace

std::array<std::int8_t, kQ5Elements> q5_0_codes(const std::byte* block) {
  const auto upper = load_unaligned<std::uint32_t>(block + kUpperBitsAt);
  std::array<std::int8_t, kQ5Elements> codes{};
  for (std::size_t i = 0; i < kQ5Elements; ++i) {
    const auto pair = std::to_integer<unsigned>(block[kNibblesAt + i % kHalfOfQ5]);
    const unsigned low = i < kHalfOfQ5 ? pair & 15U : pair >> 4U;
    const unsigned code = low | (upper >> i & 1U) << 4U;
    codes[i] = static_cast<std::int8_t>(static_cast<int>(code) - kMiddleCode);
  }
  return codes;
}

void q5_0_to_float(const std::byte* block, float* target) {
  const float scale = f16_to_float(load_unaligned<std::uint16_t>(block));
  const auto codes = q5_0_codes(block);
  for (std::size_t i = 0; i < kQ5Elements; ++i) target[i] = static_cast<float>(codes[i]) * scale;
}

void float_to_q5_0(const float* source, std::byte* block) {
  float extreme = 0.0F;
  for (std::size_t i = 0; i < kQ5Elements; ++i) {
    if (std::abs(source[i]) > std::abs(extreme)) extreme = source[i];
  }
  const float scale = extreme / -16.0F;
  const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
  store_unaligned(block, float_to_f16(scale));
  std::uint32_t upper = 0;
  std::array<unsigned, kQ5Elements> codes{};
  for (std::size_t i = 0; i < kQ5Elements; ++i) {
    const auto shifted =
        static_cast<float>(static_cast<double>(source[i]) * static_cast<double>(inverse) + 16.5);
    // Not a number counts as the largest code, as it does for q4_0.
    const float bounded = shifted <= kLargestCode ? std::max(shifted, 0.0F) : kLargestCode;
    codes[i] = static_cast<unsigned>(bounded);
    upper |= (codes[i] >> 4U) << i;
  }
  store_unaligned(block + kUpperBitsAt, upper);
  for (std::size_t i = 0; i < kHalfOfQ5; ++i) {
    block[kNibblesAt + i] =
        static_cast<std::byte>((codes[i] & 15U) | (codes[i + kHalfOfQ5] & 15U) << 4U);
  }
}

}  // namespace ridgepoint

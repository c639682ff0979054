#include "workloads/tensor/convert.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "workloads/tensor/fp8.h"
#include "workloads/tensor/integer_quants.h"
#include "workloads/tensor/k_quants.h"
#include "workloads/tensor/q5_0.h"
#include "workloads/tensor/unaligned.h"

namespace ridgepoint {

namespace {

// Everything here is integer arithmetic, exact float arithmetic, or a single IEEE operation, so the
// bits are the same on every processor and with every vector width. The inner loops are branch-free
// and of fixed length, which is what the compiler needs to vectorise them.

constexpr std::size_t kBlock = 32;

// block_q8_0 and block_q4_0 of ggml-common.h: a float16 scale, then the quants.
constexpr std::size_t kScaleBytes = 2;
constexpr std::size_t kQ8Bytes = kScaleBytes + kBlock;
constexpr std::size_t kQ4Bytes = kScaleBytes + kBlock / 2;

/// A choice that the compiler cannot turn into a branch.
inline std::uint32_t choose(bool condition, std::uint32_t yes, std::uint32_t no) {
  return no ^ ((no ^ yes) & (0U - static_cast<std::uint32_t>(condition)));
}

inline float half_to_float(std::uint32_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t magnitude = half & 0x7fffU;
  // Moves the exponent bias from 15 to 127; infinity and NaN need the distance twice.
  const std::uint32_t bias = 112U << 23;
  const std::uint32_t normal = (magnitude << 13) + bias + choose(magnitude >= 0x7c00U, bias, 0U);
  // Subnormals are whole multiples of 2^-24.
  const auto subnormal = std::bit_cast<std::uint32_t>(
      static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24F);
  return std::bit_cast<float>(sign | choose(magnitude < 0x0400U, subnormal, normal));
}

inline std::uint32_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  // Round half to even on the 13 bits that go away; a carry into the exponent is what is wanted.
  const std::uint32_t normal =
      (magnitude - (112U << 23) + 0x0fffU + ((magnitude >> 13) & 1U)) >> 13;
  // Below 2^-14 the unit in the last place is 2^-24, which is that of floats in [0.5, 1): the
  // addition rounds there.
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(std::min(magnitude, 0x38800000U)) + 0.5F) -
      0x3f000000U;
  const std::uint32_t nan = 0x7e00U | ((magnitude >> 13) & 0x01ffU);
  std::uint32_t half = choose(magnitude < 0x38800000U, subnormal, normal);
  half = choose(magnitude >= 0x477ff000U, 0x7c00U, half);
  half = choose(magnitude > 0x7f800000U, nan, half);
  return sign | half;
}

inline std::uint32_t float_to_brain(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  const std::uint32_t nan = (bits >> 16) | 0x40U;
  return choose((bits & 0x7fffffffU) > 0x7f800000U, nan, rounded);
}

void q8_0_to_float(const std::byte* block, float* target) {
  const float scale = half_to_float(load_unaligned<std::uint16_t>(block));
  std::int8_t quants[kBlock];
  std::memcpy(quants, block + kScaleBytes, sizeof quants);
  for (std::size_t i = 0; i < kBlock; ++i) {
    target[i] = static_cast<float>(quants[i]) * scale;
  }
}

void q4_0_to_float(const std::byte* block, float* target) {
  const float scale = half_to_float(load_unaligned<std::uint16_t>(block));
  std::uint8_t quants[kBlock / 2];
  std::memcpy(quants, block + kScaleBytes, sizeof quants);
  for (std::size_t i = 0; i < kBlock / 2; ++i) {
    target[i] = static_cast<float>((quants[i] & 0x0f) - 8) * scale;
  }
  for (std::size_t i = 0; i < kBlock / 2; ++i) {
    target[i + kBlock / 2] = static_cast<float>((quants[i] >> 4) - 8) * scale;
  }
}

constexpr std::uint32_t kSignBit = 0x80000000U;

/// The largest magnitude in a block, as the bits of a float: those of numbers that are not negative
/// are in the same order as the numbers, and comparing whole numbers vectorises.
std::int32_t largest_magnitude(const float* source) {
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto magnitude =
        static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(source[i]) & ~kSignBit);
    largest = largest < magnitude ? magnitude : largest;
  }
  return largest;
}

/// `magnitude`, or `limit` where it is larger, infinite or NaN, as a scale too small to invert
/// makes it: converting such a number to an integer would be undefined.
inline float at_most(std::uint32_t magnitude, float limit) {
  const auto limit_bits = std::bit_cast<std::uint32_t>(limit);
  return std::bit_cast<float>(choose(magnitude > limit_bits, limit_bits, magnitude));
}

// quantize_row_q8_0_ref of ggml-quants.c.
void float_to_q8_0(const float* source, std::byte* block) {
  const float scale = std::bit_cast<float>(largest_magnitude(source)) / 127.0F;
  const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
  store_unaligned(block, float_to_f16(scale));
  std::int8_t quants[kBlock];
  for (std::size_t i = 0; i < kBlock; ++i) {
    // roundf, half away from zero, in steps that are exact.
    const auto bits = std::bit_cast<std::uint32_t>(source[i] * inverse);
    const float magnitude = at_most(bits & ~kSignBit, 127.0F);
    const auto whole = static_cast<std::int32_t>(magnitude);
    const auto rest = std::bit_cast<std::uint32_t>(magnitude - static_cast<float>(whole));
    const std::uint32_t rounded = static_cast<std::uint32_t>(whole) +
                                  choose(rest >= std::bit_cast<std::uint32_t>(0.5F), 1U, 0U);
    quants[i] = static_cast<std::int8_t>(choose((bits & kSignBit) != 0U, 0U - rounded, rounded));
  }
  std::memcpy(block + kScaleBytes, quants, sizeof quants);
}

// quantize_row_q4_0_ref of ggml-quants.c. Whether its multiply-add rounds once or twice depends on
// how ggml was compiled; here it rounds once, as with a fused multiply-add and as in the `gguf`
// package. The product of two floats is exact in double, so contraction cannot change the result.
void float_to_q4_0(const float* source, std::byte* block) {
  const std::int32_t largest = largest_magnitude(source);
  float extreme = 0.0F;
  for (std::size_t i = kBlock; i-- > 0;) {
    const auto bits = std::bit_cast<std::uint32_t>(source[i]);
    extreme = static_cast<std::int32_t>(bits & ~kSignBit) == largest ? source[i] : extreme;
  }
  const float scale = extreme / -8.0F;
  const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
  store_unaligned(block, float_to_f16(scale));
  std::uint32_t nibbles[kBlock];
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto shifted =
        static_cast<float>(static_cast<double>(source[i]) * static_cast<double>(inverse) + 8.5);
    // What is negative, by no more than rounding, becomes zero; what is above 15, 15.
    const auto bits = std::bit_cast<std::uint32_t>(shifted);
    const float bounded = at_most(choose((bits & kSignBit) != 0U, 0U, bits), 15.0F);
    nibbles[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(bounded));
  }
  std::uint8_t quants[kBlock / 2];
  for (std::size_t i = 0; i < kBlock / 2; ++i) {
    quants[i] = static_cast<std::uint8_t>(nibbles[i] | (nibbles[i + kBlock / 2] << 4));
  }
  std::memcpy(block + kScaleBytes, quants, sizeof quants);
}

/// Calls `convert` with the place of each block of `type` in floats and in bytes.
template <typename Convert>
void for_each_block(Type type, std::size_t count, const Convert& convert) {
  const TypeInfo& info = type_info(type);
  const auto elements = static_cast<std::size_t>(info.block_elements);
  const auto bytes = static_cast<std::size_t>(info.block_bytes);
  for (std::size_t i = 0; i < count / elements; ++i) {
    convert(i * elements, i * bytes, elements);
  }
}

void check_sizes(Type type, std::size_t elements, std::size_t bytes) {
  if (static_cast<std::uint64_t>(row_bytes(type, static_cast<std::int64_t>(elements))) != bytes) {
    throw std::logic_error("conversion of " + std::to_string(elements) + " elements of " +
                           std::string(name_of(type)) + " with a span of " + std::to_string(bytes) +
                           " bytes");
  }
}

}  // namespace

float f16_to_float(std::uint16_t bits) {
  return half_to_float(bits);
}

std::uint16_t float_to_f16(float value) {
  return static_cast<std::uint16_t>(float_to_half(value));
}

float bf16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t float_to_bf16(float value) {
  return static_cast<std::uint16_t>(float_to_brain(value));
}

void to_float(Type type, std::span<const std::byte> source, std::span<float> target) {
  check_sizes(type, target.size(), source.size());
  const std::byte* from = source.data();
  float* to = target.data();
  const std::size_t count = target.size();
  switch (type) {
    case Type::f32:
      if (count != 0) {
        std::memcpy(to, from, source.size());
      }
      return;
    case Type::f16:
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = half_to_float(load_unaligned<std::uint16_t>(from + 2 * i));
      }
      return;
    case Type::bf16:
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = bf16_to_float(load_unaligned<std::uint16_t>(from + 2 * i));
      }
      return;
    case Type::q8_0:
      for (std::size_t i = 0; i < count / kBlock; ++i) {
        q8_0_to_float(from + i * kQ8Bytes, to + i * kBlock);
      }
      return;
    case Type::q4_0:
      for (std::size_t i = 0; i < count / kBlock; ++i) {
        q4_0_to_float(from + i * kQ4Bytes, to + i * kBlock);
      }
      return;
    case Type::q5_0:
      for (std::size_t i = 0; i < count / kQ5Elements; ++i) {
        q5_0_to_float(from + i * kQ5Bytes, to + i * kQ5Elements);
      }
      return;
    case Type::q4_k:
      for (std::size_t i = 0; i < count / kSuperBlock; ++i) {
        q4_k_to_float(from + i * kQ4KBytes, to + i * kSuperBlock);
      }
      return;
    case Type::q6_k:
      for (std::size_t i = 0; i < count / kSuperBlock; ++i) {
        q6_k_to_float(from + i * kQ6KBytes, to + i * kSuperBlock);
      }
      return;
    case Type::q8_g64:
    case Type::q8_g128:
      for_each_block(type, count, [&](std::size_t element, std::size_t byte, std::size_t length) {
        q8_group_to_float(from + byte, target.subspan(element, length));
      });
      return;
    case Type::w4_g32:
    case Type::w4_g64:
    case Type::w4_g128:
      for_each_block(type, count, [&](std::size_t element, std::size_t byte, std::size_t length) {
        w4_group_to_float(from + byte, target.subspan(element, length));
      });
      return;
    case Type::q8_channel:
      if (count != 0) {
        q8_channel_to_float(from, target);
      }
      return;
    case Type::w4_channel:
      if (count != 0) {
        w4_group_to_float(from, target);
      }
      return;
    case Type::fp8:
      if (count != 0) {
        fp8_to_float(from, target);
      }
      return;
    case Type::e4m3:
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = e4m3_to_float(std::to_integer<std::uint8_t>(from[i]));
      }
      return;
    case Type::i32:
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = static_cast<float>(load_unaligned<std::int32_t>(from + 4 * i));
      }
      return;
  }
}

void from_float(Type type, std::span<const float> source, std::span<std::byte> target) {
  check_sizes(type, source.size(), target.size());
  const float* from = source.data();
  std::byte* to = target.data();
  const std::size_t count = source.size();
  switch (type) {
    case Type::f32:
      if (count != 0) {
        std::memcpy(to, from, target.size());
      }
      return;
    case Type::f16:
      for (std::size_t i = 0; i < count; ++i) {
        store_unaligned(to + 2 * i, float_to_f16(from[i]));
      }
      return;
    case Type::bf16:
      for (std::size_t i = 0; i < count; ++i) {
        store_unaligned(to + 2 * i, float_to_bf16(from[i]));
      }
      return;
    case Type::q8_0:
      for (std::size_t i = 0; i < count / kBlock; ++i) {
        float_to_q8_0(from + i * kBlock, to + i * kQ8Bytes);
      }
      return;
    case Type::q4_0:
      for (std::size_t i = 0; i < count / kBlock; ++i) {
        float_to_q4_0(from + i * kBlock, to + i * kQ4Bytes);
      }
      return;
    case Type::q5_0:
      for (std::size_t i = 0; i < count / kQ5Elements; ++i) {
        float_to_q5_0(from + i * kQ5Elements, to + i * kQ5Bytes);
      }
      return;
    case Type::q4_k:
      for (std::size_t i = 0; i < count / kSuperBlock; ++i) {
        float_to_q4_k(from + i * kSuperBlock, to + i * kQ4KBytes);
      }
      return;
    case Type::q6_k:
      for (std::size_t i = 0; i < count / kSuperBlock; ++i) {
        float_to_q6_k(from + i * kSuperBlock, to + i * kQ6KBytes);
      }
      return;
    case Type::q8_g64:
    case Type::q8_g128:
      for_each_block(type, count, [&](std::size_t element, std::size_t byte, std::size_t length) {
        float_to_q8_group(source.subspan(element, length), to + byte);
      });
      return;
    case Type::w4_g32:
    case Type::w4_g64:
    case Type::w4_g128:
      for_each_block(type, count, [&](std::size_t element, std::size_t byte, std::size_t length) {
        float_to_w4_group(source.subspan(element, length), to + byte);
      });
      return;
    case Type::q8_channel:
      if (count != 0) {
        float_to_q8_channel(source, to);
      }
      return;
    case Type::w4_channel:
      if (count != 0) {
        float_to_w4_group(source, to);
      }
      return;
    case Type::fp8:
      if (count != 0) {
        float_to_fp8(source, to);
      }
      return;
    case Type::e4m3:
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = static_cast<std::byte>(float_to_e4m3(from[i]));
      }
      return;
    case Type::i32:
      throw std::logic_error("i32 holds token ids: nothing is converted to it");
  }
}

}  // namespace ridgepoint

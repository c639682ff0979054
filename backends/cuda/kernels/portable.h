// Arithmetic that the device's kernels and the host share: what is marked RIDGEPOINT_BOTH_SIDES is
// compiled for both, so that codes, scales and index maps are tested where there is no device.
// Nothing heavy is included: nvcc reads this once for every architecture.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#if !defined(__CUDACC__)
#include <cstdio>
#include <cstdlib>
#endif

#if defined(__CUDACC__)
#define RIDGEPOINT_BOTH_SIDES __host__ __device__ __forceinline__
#else
#define RIDGEPOINT_BOTH_SIDES inline
#endif
#if defined(__CUDA_ARCH__)
#define RIDGEPOINT_UNROLL(n) _Pragma(RIDGEPOINT_TEXT(unroll n))
#define RIDGEPOINT_TEXT(x) #x
#else
#define RIDGEPOINT_UNROLL(n)
#endif

namespace ridgepoint::cuda {

/// Sixteen bytes, the most that one load instruction moves.
struct alignas(16) Sixteen {
  std::uint32_t word[4];
};

#if !defined(__CUDACC__)
/// Ends the program where an address is not what a load of so many bytes needs: the device would.
inline void require_boundary(const void* address, std::uintptr_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes == 0) return;
  std::fprintf(stderr, "cuda kernels: a load of %d bytes from an address that is no multiple\n",
               static_cast<int>(bytes));
  std::abort();
}
#endif

RIDGEPOINT_BOTH_SIDES float float_of_bits(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(bits);
#else
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
#endif
}

RIDGEPOINT_BOTH_SIDES std::uint32_t bits_of_float(float value) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(value);
#else
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
#endif
}

RIDGEPOINT_BOTH_SIDES float float_of_bf16(std::uint32_t bits) {
  return float_of_bits(bits << 16U);
}

/// To nearest, ties to even; NaN stays a quiet NaN.
RIDGEPOINT_BOTH_SIDES std::uint16_t bf16_of(float value) {
  const std::uint32_t bits = bits_of_float(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

RIDGEPOINT_BOTH_SIDES float float_of_f16(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(static_cast<std::uint16_t>(bits)));
  return value;
#else
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t rest = bits & 0x7fffU;
  if (rest >= 0x7c00U) return float_of_bits(sign | 0x7f800000U | ((rest & 0x3ffU) << 13U));
  // Exponents move by 112; the multiplication does it for subnormal numbers as well.
  const float magnitude = float_of_bits(rest << 13U) * 0x1p112F;
  return float_of_bits(sign | bits_of_float(magnitude));
#endif
}

/// To nearest, ties to even; what is too large becomes infinite.
RIDGEPOINT_BOTH_SIDES std::uint16_t f16_of(float value) {
#if defined(__CUDA_ARCH__)
  std::uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
#else
  const std::uint32_t bits = bits_of_float(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U, magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (magnitude < 0x38800000U) {
    // Below 2^-14 the unit in the last place is 2^-24, that of floats in [0.5, 1).
    const float shifted = float_of_bits(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (bits_of_float(shifted) - bits_of_float(0.5F)));
  }
  const std::uint32_t rounded =
      (magnitude - (112U << 23U) + 0xfffU + ((magnitude >> 13U) & 1U)) >> 13U;
  return static_cast<std::uint16_t>(sign | rounded);
#endif
}

/// E4M3 without infinities; 0x7f and 0xff are not numbers.
RIDGEPOINT_BOTH_SIDES float float_of_e4m3(std::uint32_t bits) {
  if ((bits & 0x7fU) == 0x7fU) return float_of_bits(0x7fc00000U);
  // The same digits as an f16, whose exponents are eight less.
  return float_of_f16(((bits & 0x80U) << 8U) | ((bits & 0x7fU) << 7U)) * 256.0F;
}

/// To nearest, ties to even; beyond 448 it becomes 448, infinities too (workloads/tensor/fp8.h).
RIDGEPOINT_BOTH_SIDES std::uint8_t e4m3_of(float value) {
  const std::uint32_t bits = bits_of_float(value);
  const std::uint32_t sign = (bits >> 24U) & 0x80U, magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint8_t>(sign | 0x7fU);
  if (magnitude < 0x3c800000U) {
    // Below 2^-6 the unit in the last place is 2^-9, that of floats in [2^14, 2^15).
    const float shifted = float_of_bits(magnitude) + 16384.0F;
    return static_cast<std::uint8_t>(sign | (bits_of_float(shifted) - bits_of_float(16384.0F)));
  }
  const std::uint32_t rounded =
      (magnitude - (120U << 23U) + 0x7ffffU + ((magnitude >> 20U) & 1U)) >> 20U;
  return static_cast<std::uint8_t>(sign | (rounded < 0x7eU ? rounded : 0x7eU));
}

/// Two E4M3 of the lower half of `bits` as two f16, which hold them exactly; what is not a number
/// stays none.
RIDGEPOINT_BOTH_SIDES std::uint32_t halves_of_e4m3(std::uint32_t bits) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
  std::uint32_t halves;
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(halves) : "h"(static_cast<std::uint16_t>(bits)));
  return halves;
#else
  return f16_of(float_of_e4m3(bits & 0xffU)) |
         static_cast<std::uint32_t>(f16_of(float_of_e4m3((bits >> 8U) & 0xffU))) << 16U;
#endif
}

/// `sum` and the products of four signed bytes with four signed bytes.
RIDGEPOINT_BOTH_SIDES std::int32_t dot_of_bytes(std::uint32_t a, std::uint32_t b,
                                                std::int32_t sum) {
#if defined(__CUDA_ARCH__)
  return __dp4a(static_cast<int>(a), static_cast<int>(b), sum);
#else
  for (std::uint32_t i = 0; i < 32; i += 8) {
    sum += static_cast<std::int32_t>(static_cast<std::int8_t>((a >> i) & 0xffU)) *
           static_cast<std::int32_t>(static_cast<std::int8_t>((b >> i) & 0xffU));
  }
  return sum;
#endif
}

/// Weights are read once in a step, so they should not push out what is read again.
RIDGEPOINT_BOTH_SIDES Sixteen load_once(const void* from) {
#if defined(__CUDA_ARCH__)
  Sixteen all;
  asm("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
      : "=r"(all.word[0]), "=r"(all.word[1]), "=r"(all.word[2]), "=r"(all.word[3])
      : "l"(from));
  return all;
#elif defined(__CUDACC__)
  return *static_cast<const Sixteen*>(from);
#else
  require_boundary(from, 16);
  Sixteen all;
  std::memcpy(&all, from, sizeof all);
  return all;
#endif
}

RIDGEPOINT_BOTH_SIDES Sixteen load_sixteen(const void* from) {
#if defined(__CUDA_ARCH__)
  const uint4 all = *static_cast<const uint4*>(from);
  return {{all.x, all.y, all.z, all.w}};
#else
  return load_once(from);
#endif
}

/// Eight bytes on a boundary of eight.
struct alignas(8) EightBytes {
  std::uint32_t word[2];
};
RIDGEPOINT_BOTH_SIDES EightBytes load_eight_bytes(const void* from) {
#if defined(__CUDA_ARCH__)
  const uint2 both = *static_cast<const uint2*>(from);
  return {{both.x, both.y}};
#elif defined(__CUDACC__)
  return *static_cast<const EightBytes*>(from);
#else
  require_boundary(from, 8);
  EightBytes both;
  std::memcpy(&both, from, sizeof both);
  return both;
#endif
}

template <typename T>
RIDGEPOINT_BOTH_SIDES T smaller_of(T a, T b) {
  return a < b ? a : b;
}

RIDGEPOINT_BOTH_SIDES std::int64_t whole_parts(std::int64_t count, std::int64_t size) {
  return (count + size - 1) / size;
}

}  // namespace ridgepoint::cuda

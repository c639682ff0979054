// Tiles for tensor cores: from shared memory to registers, and multiplied. The maps from lanes to
// elements are those of mma.sync and ldmatrix (PTX ISA, matrix fragments).
#pragma once

#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

#if defined(__CUDACC__)
/// sums += a b, of sixteen rows, eight columns and sixteen inputs.
__device__ inline void multiply_tile(float* sums, const std::uint32_t* a, const std::uint32_t* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Four matrices of eight by eight 16-bit numbers from shared memory, transposed or not; lane l
/// says where row l % 8 of matrix l / 8 begins.
template <bool Transposed>
__device__ void load_tiles(std::uint32_t* to, const std::uint16_t* row) {
  const auto at = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  if constexpr (Transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(at)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(at)
                 : "memory");
  }
}

/// sums += a b of one tile, by tensor cores; what an architecture lacks leaves the sums as they
/// are.
template <TileType T>
__device__ void tile_sum(std::uint32_t* sums, const std::uint32_t* a, const std::uint32_t* b) {
  if constexpr (T == TileType::int8) {
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    float f[4];
    for (int i = 0; i < 4; ++i) f[i] = __uint_as_float(sums[i]);
    if constexpr (T == TileType::f16) {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
          "{%8, %9}, {%0, %1, %2, %3};"
          : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else if constexpr (T == TileType::bf16) {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, "
          "%7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else if constexpr (T == TileType::tf32) {
      asm volatile(
          "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
          "{%8, %9}, {%0, %1, %2, %3};"
          : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
#if __CUDA_ARCH__ >= 890
      asm volatile(
          "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, "
          "%7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
    }
    for (int i = 0; i < 4; ++i) sums[i] = __float_as_uint(f[i]);
  }
}
#endif

/// multiply_codes for E4M3 numbers where machine code is older than their tensor cores: f16 holds
/// them exactly. A register's four neighbours become two of two; whichever inputs these then stand
/// for, they are the same ones of both factors.
__device__ inline void multiply_e4m3_as_halves(float* sums, const std::uint32_t* a,
                                               const std::uint32_t* b) {
  RIDGEPOINT_UNROLL(2)
  for (int k = 0; k < 2; ++k) {
    const std::uint32_t rows[4] = {
        halves_of_e4m3(a[2 * k] & 0xffffU), halves_of_e4m3(a[2 * k + 1] & 0xffffU),
        halves_of_e4m3(a[2 * k] >> 16U), halves_of_e4m3(a[2 * k + 1] >> 16U)};
    const std::uint32_t columns[2] = {halves_of_e4m3(b[k] & 0xffffU), halves_of_e4m3(b[k] >> 16U)};
    multiply_tile(sums, rows, columns);
  }
}

/// sums += a b, of sixteen rows, eight columns and 32 inputs of eight bits: floats, of bytes 32-bit
/// integers.
template <TileType T>
__device__ void multiply_codes(std::uint32_t* sums, const std::uint32_t* a,
                               const std::uint32_t* b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 890
  if constexpr (T == TileType::e4m3) {
    float f[4];
    RIDGEPOINT_UNROLL(4)
    for (int i = 0; i < 4; ++i) f[i] = float_of_bits(sums[i]);
    multiply_e4m3_as_halves(f, a, b);
    RIDGEPOINT_UNROLL(4)
    for (int i = 0; i < 4; ++i) sums[i] = bits_of_float(f[i]);
    return;
  }
#endif
  tile_sum<T>(sums, a, b);
}

inline constexpr int kPadding = 8;  // elements that put neighbouring rows in different banks

__device__ inline std::uint32_t two_halves(float low, float high) {
  return f16_of(low) | static_cast<std::uint32_t>(f16_of(high)) << 16U;
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// Tiles of f16 numbers for tensor cores: from shared memory to registers, and multiplied. The maps
// from lanes to elements are those of mma.sync.m16n8k16 and ldmatrix (PTX ISA, matrix fragments).
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
#endif

inline constexpr int kPadding = 8;  // elements that put neighbouring rows in different banks

__device__ inline std::uint32_t two_halves(float low, float high) {
  return f16_of(low) | static_cast<std::uint32_t>(f16_of(high)) << 16U;
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

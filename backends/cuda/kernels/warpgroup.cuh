// Products by a warpgroup's tensor cores (wgmma, sm_90a alone): 64 rows times 256 columns, both
// operands in shared memory, the sums in the registers of four warps. Started, not waited for: the
// sums must not be touched before warpgroup_wait has said that they are there.
//
// Operands are rows of inputs, 128 bytes each, of which one product takes 32; the pieces of sixteen
// bytes of a row change places by the row's number, so that eight rows at one place lie in
// different banks (swizzling of 128 bytes, PTX ISA, asynchronous warpgroup level matrix shared
// memory layout).
#pragma once

#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kWarpgroup = 128;
inline constexpr int kWarpgroupRows = 64, kWarpgroupColumns = 256;
inline constexpr int kOperandRowBytes = 128;
inline constexpr int kOperandStepBytes = 32;  // inputs of one product
inline constexpr int kWarpgroupSums = kWarpgroupOuts;
static_assert(kWarpgroupSums * kWarpgroup == kWarpgroupRows * kWarpgroupColumns);

/// Where byte `byte` of a row lies in an operand that begins on a boundary of 1024 bytes.
__device__ inline int operand_place(int row, int byte) {
  return (row * kOperandRowBytes + byte) ^ (row % 8 * 16);
}

/// Of the operand whose first row begins at `rows`: its address, 1024 bytes from eight rows to the
/// next eight, and how its pieces change places. The other distance means nothing in this layout.
__device__ inline std::uint64_t operand_descriptor(const std::uint8_t* rows) {
  constexpr std::uint64_t kStride = 8 * kOperandRowBytes / 16, kUnused = 1, kSwizzle128 = 1;
  return (shared_address(rows) & 0x3ffffU) >> 4U | kUnused << 16U | kStride << 32U |
         kSwizzle128 << 62U;
}
/// The same operand's inputs, so many products further along.
__device__ inline std::uint64_t operand_step(std::uint64_t descriptor, int steps) {
  return descriptor + static_cast<std::uint64_t>(steps * kOperandStepBytes / 16);
}

#if defined(__CUDACC__)
// Of all architectures only this one knows the instruction, and none after it.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define RIDGEPOINT_HAS_WARPGROUP_PRODUCTS 1
#endif

/// What threads have written to shared memory is seen by tensor cores afterwards.
__device__ inline void show_to_tensor_cores() {
#if defined(RIDGEPOINT_HAS_WARPGROUP_PRODUCTS)
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}
/// Before the first product, and wherever threads have touched the sums.
__device__ inline void warpgroup_fence() {
#if defined(RIDGEPOINT_HAS_WARPGROUP_PRODUCTS)
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}
__device__ inline void warpgroup_commit() {
#if defined(RIDGEPOINT_HAS_WARPGROUP_PRODUCTS)
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}
/// Until all but the last N groups have been summed up.
template <int N>
__device__ void warpgroup_wait() {
#if defined(RIDGEPOINT_HAS_WARPGROUP_PRODUCTS)
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
#endif
}

#define RIDGEPOINT_SUMS_8(constraint, d, i)                                         \
  constraint((d)[i]), constraint((d)[(i) + 1]), constraint((d)[(i) + 2]),           \
      constraint((d)[(i) + 3]), constraint((d)[(i) + 4]), constraint((d)[(i) + 5]), \
      constraint((d)[(i) + 6]), constraint((d)[(i) + 7])
#define RIDGEPOINT_SUMS_32(constraint, d, i)                                      \
  RIDGEPOINT_SUMS_8(constraint, d, i), RIDGEPOINT_SUMS_8(constraint, d, (i) + 8), \
      RIDGEPOINT_SUMS_8(constraint, d, (i) + 16), RIDGEPOINT_SUMS_8(constraint, d, (i) + 24)
#define RIDGEPOINT_SUM_NAMES                                                                     \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                       \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "             \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "             \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "             \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "             \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "             \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
/// `shape`: of the instruction, with its types. `after`: what follows whether sums are kept.
#define RIDGEPOINT_WARPGROUP_MULTIPLY(shape, after, constraint, d, a, b)                          \
  asm volatile(                                                                                   \
      "{\n.reg .pred kept;\nsetp.eq.u32 kept, 0, 0;\n"                                            \
      "wgmma.mma_async.sync.aligned." shape " {" RIDGEPOINT_SUM_NAMES "}, %128, %129, kept" after \
      ";\n}"                                                                                      \
      : RIDGEPOINT_SUMS_32(constraint, d, 0), RIDGEPOINT_SUMS_32(constraint, d, 32),              \
        RIDGEPOINT_SUMS_32(constraint, d, 64), RIDGEPOINT_SUMS_32(constraint, d, 96)              \
      : "l"(a), "l"(b))

/// sums += a b^T, of the 32 bytes of inputs that the descriptors begin with: float, of bytes 32-bit
/// integers. Without the instruction sums stay what they are.
template <TileType T, typename Sum>
__device__ void warpgroup_multiply(Sum* sums, std::uint64_t a, std::uint64_t b) {
#if defined(RIDGEPOINT_HAS_WARPGROUP_PRODUCTS)
  if constexpr (T == TileType::f16) {
    RIDGEPOINT_WARPGROUP_MULTIPLY("m64n256k16.f32.f16.f16", ", 1, 1, 0, 0", "+f", sums, a, b);
  } else if constexpr (T == TileType::bf16) {
    RIDGEPOINT_WARPGROUP_MULTIPLY("m64n256k16.f32.bf16.bf16", ", 1, 1, 0, 0", "+f", sums, a, b);
  } else if constexpr (T == TileType::tf32) {
    RIDGEPOINT_WARPGROUP_MULTIPLY("m64n256k8.f32.tf32.tf32", ", 1, 1", "+f", sums, a, b);
  } else if constexpr (T == TileType::e4m3) {
    RIDGEPOINT_WARPGROUP_MULTIPLY("m64n256k32.f32.e4m3.e4m3", ", 1, 1", "+f", sums, a, b);
  } else {
    RIDGEPOINT_WARPGROUP_MULTIPLY("m64n256k32.s32.s8.s8", "", "+r", sums, a, b);
  }
#endif
}
#endif

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

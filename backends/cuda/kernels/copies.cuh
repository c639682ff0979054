// Asynchronous copies from memory to shared memory (cp.async, sm_80 and later): started now, there
// when their thread has waited for them and, for other threads, all have met. So what is computed
// next is on its way while the kernel computes, and takes no registers meanwhile.
//
// Copies belong to groups, closed by commit_copies(); wait_for_copies<N>() returns when all but the
// last N groups of the thread have come.
#pragma once

#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

#if defined(__CUDACC__)
/// Sixteen bytes, on a boundary of as many on both sides; zeros where `there` is false, and then
/// `from` is not read.
__device__ inline void copy_sixteen(void* to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(there ? 16 : 0)
               : "memory");
}
/// Eight bytes.
__device__ inline void copy_eight(void* to, const void* from, bool there) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(there ? 8 : 0)
               : "memory");
}
__device__ inline void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int N>
__device__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}
#endif

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// What kernels are written with: CUDA's own words under nvcc. Without it whoever includes this has
// defined them before, as the tests do (tests/support/emulated_device.h) to run the same sources a
// thread at a time.
#pragma once

#include "backends/cuda/kernels/launches.h"

// A program of tests may have both, so they differ in name.
#if defined(__CUDACC__)
#define RIDGEPOINT_KERNELS on_device
#else
#define RIDGEPOINT_KERNELS emulated
#endif

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr unsigned kEveryLane = 0xffffffffU;
inline constexpr int kWarp = 32;

#if defined(__CUDACC__)
/// Starts a kernel; a launch that cannot be is found by whoever asks for the last error.
/// `room_bytes`: of shared memory, for launch_room().
template <typename Args>
void start(void (*kernel)(Args), std::int64_t blocks_x, std::int64_t blocks_y,
           std::int64_t blocks_z, int threads, Stream stream, const Args& args,
           int room_bytes = 0) {
  constexpr int kWithoutAsking = 48 * 1024;
  if (room_bytes > kWithoutAsking) {
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, room_bytes);
  }
  if (stream == only_loading()) {
    // What is asked about is loaded (CUDA C++ Programming Guide, lazy loading).
    cudaFuncAttributes about{};
    cudaFuncGetAttributes(&about, kernel);
    return;
  }
  const dim3 grid(static_cast<unsigned>(blocks_x), static_cast<unsigned>(blocks_y),
                  static_cast<unsigned>(blocks_z));
  kernel<<<grid, static_cast<unsigned>(threads), static_cast<unsigned>(room_bytes), stream>>>(args);
}

/// The shared memory that the launch has asked for, on a boundary of 1024 bytes.
__device__ inline std::uint8_t* launch_room() {
  extern __shared__ __align__(1024) std::uint8_t room_of_launch[];
  return room_of_launch;
}

/// As instructions on shared memory take addresses.
__device__ inline std::uint32_t shared_address(const void* place) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(place));
}
#endif

__device__ inline float warp_sum(float value) {
  for (int apart = kWarp / 2; apart > 0; apart /= 2) {
    value += __shfl_xor_sync(kEveryLane, value, apart);
  }
  return value;
}

__device__ inline float warp_most(float value) {
  for (int apart = kWarp / 2; apart > 0; apart /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kEveryLane, value, apart));
  }
  return value;
}

/// The same sum for every thread of a block of up to 32 warps. `room` is shared, [32].
__device__ inline float block_sum(float value, float* room) {
  value = warp_sum(value);
  const unsigned warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  __syncthreads();  // whoever reads the room of the last sum has done so
  if (lane == 0) room[warp] = value;
  __syncthreads();
  return warp_sum(lane < blockDim.x / kWarp ? room[lane] : 0.0F);
}

__device__ inline float block_most(float value, float* room) {
  value = warp_most(value);
  const unsigned warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  __syncthreads();
  if (lane == 0) room[warp] = value;
  __syncthreads();
  return warp_most(lane < blockDim.x / kWarp ? room[lane] : -INFINITY);
}

/// A lane's element of a unit, packed; the whole warp takes part. What lies past the row is 0.
__device__ inline void pack_unit(const Packed& packed, std::int64_t row, std::int64_t unit,
                                 float value) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  const std::int64_t at = (row * packed.units + unit) * kUnit + lane;
  switch (packed.packing) {
    case Packing::none:
    case Packing::tf32:  // kinds of products, not of rows that are packed
    case Packing::e4m3:  // these two: whole rows (eight_bits.cuh)
    case Packing::row_codes:
      return;
    case Packing::floats:
      static_cast<float*>(packed.numbers)[at] = value;
      return;
    case Packing::f16:
      static_cast<std::uint16_t*>(packed.numbers)[at] = f16_of(value);
      return;
    case Packing::bf16:
      static_cast<std::uint16_t*>(packed.numbers)[at] = bf16_of(value);
      return;
    case Packing::codes: {
      const float most = warp_most(fabsf(value));
      const float scale = most / 127.0F;
      const int code = most > 0.0F ? static_cast<int>(rintf(value / scale)) : 0;
      static_cast<std::int8_t*>(packed.numbers)[at] = static_cast<std::int8_t>(code);
      int sum = code;
      for (int apart = 8; apart > 0; apart /= 2) sum += __shfl_xor_sync(kEveryLane, sum, apart);
      const int other = __shfl_xor_sync(kEveryLane, sum, 16);
      if (lane == 0) {
        packed.scales[row * packed.units + unit] = scale;
        packed.sums[row * packed.units + unit] =
            (static_cast<std::uint32_t>(sum) & 0xffffU) | static_cast<std::uint32_t>(other) << 16U;
      }
      return;
    }
  }
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

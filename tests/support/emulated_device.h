// CUDA's words for kernels that run on the CPU, a thread of a block at a time: blocks one after the
// other, the threads of a block as fibers that change places where they wait for each other. So the
// very sources that nvcc compiles are tested where there is no device: index maps, synchronisation
// (a wait that not all reach is found), arithmetic. What it cannot find: races between two threads
// that do not wait, since each runs until it waits; and anything about time.
//
// Needs x86-64, and no sanitizer, which would not know of the stacks.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#define __global__ inline
#define __device__
#define __shared__ static

/// What a stream stands for: launches run at once, or are kept while somebody records.
struct CUstream_st {
  std::vector<std::function<void()>>* recording = nullptr;
};

namespace ridgepoint::cuda {

struct ThreadIndex {
  unsigned x = 0, y = 0, z = 0;
};
inline ThreadIndex threadIdx, blockIdx, blockDim, gridDim;

/// Waits for every thread of the block that has not ended.
void emulated_block_wait();
/// The bits that the lane `lane xor apart` gives here; every lane of the warp takes part.
std::uint32_t emulated_exchange(std::uint32_t bits, int apart);
/// Runs `thread` once for each of `threads` threads of a block. Aborts where some wait for ever.
void emulated_block(int threads, const std::function<void()>& thread);

inline void __syncthreads() {
  emulated_block_wait();
}
inline float __shfl_xor_sync(unsigned, float value, int apart) {
  std::uint32_t bits = 0;
  __builtin_memcpy(&bits, &value, sizeof bits);
  bits = emulated_exchange(bits, apart);
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
inline int __shfl_xor_sync(unsigned, int value, int apart) {
  return static_cast<int>(emulated_exchange(static_cast<std::uint32_t>(value), apart));
}
inline void atomicAdd(std::uint32_t* to, std::uint32_t value) {
  *to += value;
}
inline void atomicMax(std::int32_t* to, std::int32_t value) {
  *to = *to < value ? value : *to;
}
inline void atomicMin(std::int32_t* to, std::int32_t value) {
  *to = value < *to ? value : *to;
}

template <typename Args>
void start(void (*kernel)(Args), std::int64_t blocks_x, std::int64_t blocks_y,
           std::int64_t blocks_z, int threads, CUstream_st* stream, const Args& args) {
  auto launch = [=] {
    gridDim = {static_cast<unsigned>(blocks_x), static_cast<unsigned>(blocks_y),
               static_cast<unsigned>(blocks_z)};
    for (std::int64_t z = 0; z < blocks_z; ++z) {
      for (std::int64_t y = 0; y < blocks_y; ++y) {
        for (std::int64_t x = 0; x < blocks_x; ++x) {
          blockIdx = {static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z)};
          emulated_block(threads, [&] { kernel(args); });
        }
      }
    }
  };
  if (stream->recording != nullptr) {
    stream->recording->push_back(std::move(launch));
  } else {
    launch();
  }
}

}  // namespace ridgepoint::cuda

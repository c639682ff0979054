// CUDA's words for kernels that run on the CPU, a thread of a block at a time: blocks one after the
// other, the threads of a block as fibers that change places where they wait for each other. So the
// very sources that nvcc compiles are tested where there is no device: index maps, synchronisation
// (a wait that not all reach is found), arithmetic. What it cannot find: races between two threads
// that do not wait, since each runs until it waits; and anything about time.
//
// Needs x86-64, and no sanitizer, which would not know of the stacks.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "backends/cuda/kernels/launches.h"

#define __global__ inline
#define __device__
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))

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
inline std::uint32_t atomicAdd(std::uint32_t* to, std::uint32_t value) {
  return std::exchange(*to, *to + value);
}
inline void __threadfence() {}
inline void atomicMax(std::int32_t* to, std::int32_t value) {
  *to = *to < value ? value : *to;
}
inline void atomicMin(std::int32_t* to, std::int32_t value) {
  *to = value < *to ? value : *to;
}

/// What a lane of a warp gives to the others.
using EmulatedWords = std::array<std::uint64_t, 6>;
/// What all 32 lanes give here, by lane; valid until the lane's next exchange but one.
const EmulatedWords* emulated_gather(const EmulatedWords& words);

/// Half `i` of a lane's register, as a number.
inline float emulated_half(const EmulatedWords* lanes, int lane, int word, int i) {
  return float_of_f16(static_cast<std::uint32_t>(
      lanes[lane][static_cast<std::size_t>(word)] >> static_cast<unsigned>(16 * i) & 0xffffU));
}

/// mma.sync.m16n8k16: element (row, k) of a is in lane row % 8 * 4 + k % 8 / 2, register row / 8 +
/// 2 (k / 8); element (k, column) of b in lane column * 4 + k % 8 / 2, register k / 8.
inline void multiply_tile(float* sums, const std::uint32_t* a, const std::uint32_t* b) {
  const EmulatedWords* const lanes = emulated_gather({a[0], a[1], a[2], a[3], b[0], b[1]});
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k) {
      sums[i] += emulated_half(lanes, row % 8 * 4 + k % 8 / 2, row / 8 + 2 * (k / 8), k % 2) *
                 emulated_half(lanes, column * 4 + k % 8 / 2, 4 + k / 8, k % 2);
    }
  }
}

/// ldmatrix.x4: of matrix m, lane l gets row l / 4, columns 2 (l % 4) and the next; transposed,
/// rows 2 (l % 4) and the next of column l / 4.
template <bool Transposed>
void load_tiles(std::uint32_t* to, const std::uint16_t* row) {
  const EmulatedWords* const lanes = emulated_gather({reinterpret_cast<std::uint64_t>(row)});
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int m = 0; m < 4; ++m) {
    const auto element = [&](int r, int c) {
      return std::uint32_t{reinterpret_cast<const std::uint16_t*>(lanes[m * 8 + r][0])[c]};
    };
    const int pair = lane % 4 * 2, other = lane / 4;
    to[m] = Transposed ? element(pair, other) | element(pair + 1, other) << 16U
                       : element(other, pair) | element(other, pair + 1) << 16U;
  }
}

/// Element `k` of a row of one lane's register words: what mma.sync calls its inputs, by type.
template <TileType T>
float emulated_input(const EmulatedWords* lanes, int lane, int word, int within) {
  const auto bits = static_cast<std::uint32_t>(lanes[lane][static_cast<std::size_t>(word)]);
  const auto shift = static_cast<unsigned>(within);
  if constexpr (T == TileType::f16) return float_of_f16(bits >> (16 * shift) & 0xffffU);
  if constexpr (T == TileType::bf16) return float_of_bf16(bits >> (16 * shift) & 0xffffU);
  if constexpr (T == TileType::tf32) return float_of_bits(bits & 0xffffe000U);
  if constexpr (T == TileType::e4m3) return float_of_e4m3(bits >> (8 * shift) & 0xffU);
  return static_cast<float>(static_cast<std::int8_t>(bits >> (8 * shift) & 0xffU));
}

/// mma.sync.m16n8kK, K = 8, 16 or 32: a register holds 1, 2 or 4 neighbours, n of them; element
/// (row, k) of a is in lane row % 8 * 4 + k % 4n / n, register row / 8 + 2 (k / 4n); element (k,
/// column) of b in lane column * 4 + k % 4n / n, register k / 4n.
template <TileType T>
void tile_sum(std::uint32_t* sums, const std::uint32_t* a, const std::uint32_t* b) {
  const EmulatedWords* const lanes = emulated_gather({a[0], a[1], a[2], a[3], b[0], b[1]});
  constexpr int kInputs = static_cast<int>(tile_inputs(T)), kEach = kInputs / 8;
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
    float sum = 0;
    for (int k = 0; k < kInputs; ++k) {
      const int within = k % kEach, from = k % (4 * kEach) / kEach, half = k / (4 * kEach);
      sum += emulated_input<T>(lanes, row % 8 * 4 + from, row / 8 + 2 * half, within) *
             emulated_input<T>(lanes, column * 4 + from, 4 + half, within);
    }
    if constexpr (T == TileType::int8) {
      sums[i] += static_cast<std::uint32_t>(static_cast<std::int32_t>(sum));
    } else {
      sums[i] = bits_of_float(float_of_bits(sums[i]) + sum);
    }
  }
}

inline Sixteen load_from_l2(const Sixteen* from) {
  return *from;
}
inline Sixteen load_from_shared(const Sixteen* from) {
  return *from;
}
inline void store_sixteen(Sixteen* to, const Sixteen& all) {
  *to = all;
}
/// A timer that moves by itself, and a clock of 2 GHz.
std::uint64_t nanoseconds_now();
inline std::uint64_t cycles_now() {
  return nanoseconds_now() * 2;
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

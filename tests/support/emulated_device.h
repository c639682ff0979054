// CUDA's words for kernels that run on the CPU, a thread of a block at a time: blocks one after the
// other, the threads of a block as fibers that change places where they wait for each other. So the
// very sources that nvcc compiles are tested where there is no device: index maps, synchronisation
// (a wait that not all reach is found), arithmetic, loads from addresses that the device would not
// take. Each thread runs until it waits, so of two threads that do not wait for each other one is
// always first: races show as different results when everything runs backwards. Asynchronous copies
// come when they are waited for, and until then their place holds what is not a number. What it
// cannot find: anything about time.
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
#define __launch_bounds__(...)
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
/// Runs `thread` once for each of `threads` threads of a block, which have `room_bytes` of
/// launch_room(). Aborts where some wait for ever, or write beyond their room.
void emulated_block(int threads, int room_bytes, const std::function<void()>& thread);
/// Aborts where a device would not take a grid.
void emulated_grid(std::int64_t x, std::int64_t y, std::int64_t z);
/// From now on blocks and threads take their turns from the last to the first.
void emulated_order(bool backwards);
bool emulated_backwards();

/// What a launch asks for at the most: that of sm_86, the least of the devices that the kernels are
/// compiled for.
inline constexpr int kMostRoomBytes = 99 * 1024;
std::uint8_t* launch_room();
/// From the room's beginning on.
std::uint32_t shared_address(const void* place);

// ---- asynchronous copies ----

void emulated_copy(void* to, const void* from, int bytes, bool there);
void commit_copies();
void emulated_wait_for_copies(std::size_t groups_left);
inline void copy_sixteen(void* to, const void* from, bool there) {
  emulated_copy(to, from, 16, there);
}
inline void copy_eight(void* to, const void* from, bool there) {
  emulated_copy(to, from, 8, there);
}
template <int N>
void wait_for_copies() {
  emulated_wait_for_copies(N);
}

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

// ---- products of a warpgroup ----

/// Element (row, byte) of an operand in shared memory (PTX ISA, matrix descriptor): rows of 128
/// bytes whose pieces of sixteen change places by the row (mode 1), eight of them a core matrix,
/// `stride` bytes from one to the next. `row` counts the operand's rows, whose inputs lie side by
/// side.
const std::uint8_t* emulated_operand(std::uint64_t descriptor, int row, int byte);
/// What a thread has started, until it waits.
void emulated_later(std::function<void()> work);
void warpgroup_fence();
void warpgroup_commit();
void emulated_wait_for_warpgroup(std::size_t groups_left);
inline void show_to_tensor_cores() {}
template <int N>
void warpgroup_wait() {
  emulated_wait_for_warpgroup(N);
}

/// wgmma.mma_async.m64n256kK with both operands in shared memory: register i of thread t holds row
/// t / 32 * 16 + t % 32 / 4 + 8 (i / 2 % 2), column 8 (i / 4) + 2 (t % 4) + i % 2.
template <TileType T, typename Sum>
void warpgroup_multiply(Sum* sums, std::uint64_t a, std::uint64_t b) {
  const int thread = static_cast<int>(threadIdx.x % 128);
  emulated_later([=] {
    constexpr int kInputs = static_cast<int>(tile_inputs(T)), kBytes = 32 / kInputs;
    const auto input = [](std::uint64_t descriptor, int row, int k) {
      EmulatedWords word{};
      __builtin_memcpy(word.data(), emulated_operand(descriptor, row, k * kBytes), kBytes);
      return emulated_input<T>(&word, 0, 0, 0);
    };
    for (int i = 0; i < 128; ++i) {
      const int row = thread / 32 * 16 + thread % 32 / 4 + 8 * (i / 2 % 2);
      const int column = 8 * (i / 4) + 2 * (thread % 4) + i % 2;
      float sum = 0;
      for (int k = 0; k < kInputs; ++k) sum += input(a, row, k) * input(b, column, k);
      sums[i] += static_cast<Sum>(sum);
    }
  });
}

template <typename Args>
void start(void (*kernel)(Args), std::int64_t blocks_x, std::int64_t blocks_y,
           std::int64_t blocks_z, int threads, CUstream_st* stream, const Args& args,
           int room_bytes = 0) {
  auto launch = [=] {
    gridDim = {static_cast<unsigned>(blocks_x), static_cast<unsigned>(blocks_y),
               static_cast<unsigned>(blocks_z)};
    emulated_grid(blocks_x, blocks_y, blocks_z);
    const std::int64_t blocks = blocks_x * blocks_y * blocks_z;
    for (std::int64_t turn = 0; turn < blocks; ++turn) {
      const std::int64_t block = emulated_backwards() ? blocks - 1 - turn : turn;
      blockIdx = {static_cast<unsigned>(block % blocks_x),
                  static_cast<unsigned>(block / blocks_x % blocks_y),
                  static_cast<unsigned>(block / blocks_x / blocks_y)};
      emulated_block(threads, room_bytes, [&] { kernel(args); });
    }
  };
  if (stream->recording != nullptr) {
    stream->recording->push_back(std::move(launch));
  } else {
    launch();
  }
}

}  // namespace ridgepoint::cuda

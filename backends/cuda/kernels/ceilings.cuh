// What a GPU can do at the most: loops that only move, only compute, or only wait. The figures made
// of them are in ../device_ceilings.h.
//
// Nothing is thrown away that the compiler could then leave out, and what is kept can be checked:
// loads give the exclusive or of what they saw, those from shared memory the sum, chains their last
// values, tiles their sums.
#pragma once

#include <type_traits>

#include "backends/cuda/kernels/device.cuh"
#include "backends/cuda/kernels/tensor_tiles.cuh"
#include "backends/cuda/kernels/warpgroup.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

#if defined(__CUDACC__)
/// Past the first-level cache, which other multiprocessors do not see.
__device__ inline Sixteen load_from_l2(const Sixteen* from) {
  Sixteen all;
  asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(all.word[0]), "=r"(all.word[1]), "=r"(all.word[2]), "=r"(all.word[3])
               : "l"(from));
  return all;
}
__device__ inline Sixteen load_from_shared(const Sixteen* from) {
  Sixteen all;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(all.word[0]), "=r"(all.word[1]), "=r"(all.word[2]), "=r"(all.word[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(from))));
  return all;
}
__device__ inline void store_sixteen(Sixteen* to, const Sixteen& all) {
  *reinterpret_cast<uint4*>(to) = make_uint4(all.word[0], all.word[1], all.word[2], all.word[3]);
}
__device__ inline std::uint64_t nanoseconds_now() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)::"memory");
  return now;
}
__device__ inline std::uint64_t cycles_now() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %clock64;" : "=l"(now)::"memory");
  return now;
}
#endif

inline constexpr int kStreamThreads = 512;
inline constexpr int kStreamAtOnce = 4;  // loads in flight, a thread

__device__ inline float word_as_float(const Sixteen& all, int i) {
  return float_of_bits(all.word[i]);
}

/// Each turn goes over all of it, every block over another part than before, so that no part stays
/// with the multiprocessor that read it last.
template <StreamKind K>
__global__ void stream_kernel(StreamArgs args) {
  const std::int64_t blocks = gridDim.x, threads = blockDim.x;
  const std::int64_t stride = blocks * threads;
  Sixteen seen = {};
  for (std::int64_t turn = 0; turn < args.turns; ++turn) {
    const std::int64_t block = (blockIdx.x + turn * kBlockPermutation) % blocks;
    for (std::int64_t first = block * threads + threadIdx.x; first < args.count;
         first += stride * kStreamAtOnce) {
      Sixteen got[kStreamAtOnce] = {}, other[kStreamAtOnce] = {};
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < kStreamAtOnce; ++i) {
        const std::int64_t at = first + i * stride;
        if (at >= args.count) continue;
        if constexpr (K != StreamKind::store) got[i] = load_from_l2(args.from + at);
        if constexpr (K == StreamKind::triad) other[i] = load_from_l2(args.other + at);
      }
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < kStreamAtOnce; ++i) {
        const std::int64_t at = first + i * stride;
        if (at >= args.count) continue;
        RIDGEPOINT_UNROLL(4)
        for (int w = 0; w < 4; ++w) {
          if constexpr (K == StreamKind::load) seen.word[w] ^= got[i].word[w];
          if constexpr (K == StreamKind::triad) {
            got[i].word[w] =
                bits_of_float(word_as_float(got[i], w) + args.factor * word_as_float(other[i], w));
          }
          if constexpr (K == StreamKind::store) got[i].word[w] = bits_of_float(args.factor);
        }
        if constexpr (K != StreamKind::load) store_sixteen(args.to + at, got[i]);
      }
    }
  }
  if constexpr (K == StreamKind::load) {
    store_sixteen(args.to + blockIdx.x * threads + threadIdx.x, seen);
  }
}

inline void walk(const StreamArgs& args, Stream stream) {
  switch (args.kind) {
    case StreamKind::load:
      return start(&stream_kernel<StreamKind::load>, args.blocks, 1, 1, kStreamThreads, stream,
                   args);
    case StreamKind::store:
      return start(&stream_kernel<StreamKind::store>, args.blocks, 1, 1, kStreamThreads, stream,
                   args);
    case StreamKind::copy:
      return start(&stream_kernel<StreamKind::copy>, args.blocks, 1, 1, kStreamThreads, stream,
                   args);
    case StreamKind::triad:
      return start(&stream_kernel<StreamKind::triad>, args.blocks, 1, 1, kStreamThreads, stream,
                   args);
  }
}

/// Sixteen bytes a lane, neighbours side by side: no two lanes of a quarter of a warp share a bank.
/// What is loaded is added up: an exclusive or forgets what it sees an even number of times.
__global__ void shared_kernel(ChainArgs args) {
  __shared__ __align__(16) Sixteen room[kChainThreads];
  const int thread = static_cast<int>(threadIdx.x);
  Sixteen own = {};
  for (int w = 0; w < 4; ++w) {
    own.word[w] = shared_word(args.seeds, thread, w);
  }
  room[thread] = own;
  __syncthreads();
  Sixteen seen = {};
  for (std::int64_t turn = 0; turn < args.turns; ++turn) {
    RIDGEPOINT_UNROLL(8)
    for (int i = 0; i < kSharedLoads; ++i) {
      // A warp's own neighbourhood moves through the room, by whole warps.
      const Sixteen got = load_from_shared(&room[(thread + i * kWarp) % kChainThreads]);
      RIDGEPOINT_UNROLL(4)
      for (int w = 0; w < 4; ++w) seen.word[w] += got.word[w];
    }
  }
  const std::uint32_t all = seen.word[0] + seen.word[1] + seen.word[2] + seen.word[3];
  args.out[static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x] = all;
}

/// Chains that depend on nothing but themselves. A factor of about -1 turns each number into
/// another and back: they stay finite, and never come to rest.
__global__ void fma_kernel(ChainArgs args) {
  float chain[kFmaChains];
  const float factor = -float_of_bits(0x3f800000U | (args.seeds[0] & 1U));
  RIDGEPOINT_UNROLL(16)
  for (int c = 0; c < kFmaChains; ++c) {
    chain[c] =
        float_of_bits(0x3f800000U | (args.seeds[(threadIdx.x + c) % kChainSeeds] & 0x7fffffU));
  }
  for (std::int64_t turn = 0; turn < args.turns; ++turn) {
    RIDGEPOINT_UNROLL(16)
    for (int c = 0; c < kFmaChains; ++c) chain[c] = fmaf(chain[c], factor, 1.0F);
  }
  float sum = 0;
  for (int c = 0; c < kFmaChains; ++c) sum += chain[c];
  args.out[static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x] = bits_of_float(sum);
}

template <TileType T>
__global__ void tile_kernel(ChainArgs args) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  std::uint32_t a[4], b[2], sums[kTileChains][4] = {};
  for (int i = 0; i < 4; ++i) a[i] = args.seeds[(lane * 6 + i) % kChainSeeds];
  for (int i = 0; i < 2; ++i) b[i] = args.seeds[(lane * 6 + 4 + i) % kChainSeeds];
  for (std::int64_t turn = 0; turn < args.turns; ++turn) {
    RIDGEPOINT_UNROLL(8)
    for (int c = 0; c < kTileChains; ++c) tile_sum<T>(sums[c], a, b);
  }
  std::uint32_t* const out =
      args.out + (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * 4;
  // Chains are alike; all of them have to have been.
  for (int i = 0; i < 4; ++i) {
    std::uint32_t all = sums[0][i];
    for (int c = 1; c < kTileChains; ++c) all &= sums[c][i];
    out[i] = all;
  }
}

/// Two warpgroups, each with rows of its own, the same columns for both; four products a turn, and
/// the next turn's are started before this one's have ended. The registers hold no third warpgroup,
/// and two keep the tensor cores busy: of each one product always waits behind another.
template <TileType T>
__global__ void __launch_bounds__(kChainThreads, 1) warpgroup_kernel(ChainArgs args) {
  using Sum = std::conditional_t<T == TileType::int8, std::int32_t, float>;
  std::uint8_t* const room = launch_room();
  const int thread = static_cast<int>(threadIdx.x);
  constexpr int kWords = kOperandRowBytes / 4;
  for (int i = thread; i < kWarpgroupOperandRows * kWords; i += kChainThreads) {
    *reinterpret_cast<std::uint32_t*>(room + operand_place(i / kWords, i % kWords * 4)) =
        args.seeds[operand_seed(i / kWords, i % kWords)];
  }
  show_to_tensor_cores();
  __syncthreads();
  const std::uint64_t rows =
      operand_descriptor(room + thread / kWarpgroup * kWarpgroupRows * kOperandRowBytes);
  const std::uint64_t columns =
      operand_descriptor(room + kWarpgroups * kWarpgroupRows * kOperandRowBytes);
  Sum sums[kWarpgroupSums] = {};
  for (std::int64_t turn = 0; turn < args.turns; ++turn) {
    warpgroup_fence();
    RIDGEPOINT_UNROLL(4)
    for (int step = 0; step < kWarpgroupSteps; ++step) {
      warpgroup_multiply<T>(sums, operand_step(rows, step), operand_step(columns, step));
    }
    warpgroup_commit();
    warpgroup_wait<1>();
  }
  warpgroup_wait<0>();
  Sum* const out =
      reinterpret_cast<Sum*>(args.out) +
      (static_cast<std::int64_t>(blockIdx.x) * kChainThreads + thread) * kWarpgroupSums;
  RIDGEPOINT_UNROLL(128)
  for (int i = 0; i < kWarpgroupSums; ++i) out[i] = sums[i];
}

/// The kernel of a type.
template <template <TileType> class Kernel>
void (*kernel_of(TileType type))(ChainArgs) {
  switch (type) {
    case TileType::f16:
      return Kernel<TileType::f16>::get();
    case TileType::bf16:
      return Kernel<TileType::bf16>::get();
    case TileType::tf32:
      return Kernel<TileType::tf32>::get();
    case TileType::int8:
      return Kernel<TileType::int8>::get();
    case TileType::e4m3:
      break;
  }
  return Kernel<TileType::e4m3>::get();
}
template <TileType T>
struct TileKernel {
  static auto get() { return &tile_kernel<T>; }
};
template <TileType T>
struct WarpgroupKernel {
  static auto get() { return &warpgroup_kernel<T>; }
};

inline void chain(const ChainArgs& args, Stream stream) {
  const auto go = [&](void (*kernel)(ChainArgs), int room_bytes = 0) {
    start(kernel, args.blocks, 1, 1, kChainThreads, stream, args, room_bytes);
  };
  switch (args.kind) {
    case ChainKind::shared:
      return go(&shared_kernel);
    case ChainKind::fma:
      return go(&fma_kernel);
    case ChainKind::tile:
      return go(kernel_of<TileKernel>(args.tile));
    case ChainKind::warpgroup_tile:
      return go(kernel_of<WarpgroupKernel>(args.tile), kWarpgroupOperandRows * kOperandRowBytes);
  }
}

/// One multiprocessor's cycles over the time in which they went by.
__global__ void clock_kernel(ClockArgs args) {
  if (threadIdx.x != 0) return;
  // From a tick to a tick, since the timer's are coarse.
  const std::uint64_t before = nanoseconds_now();
  std::uint64_t began_ns = before;
  while (began_ns == before) began_ns = nanoseconds_now();
  const std::uint64_t began = cycles_now();
  std::uint64_t ended_ns = began_ns;
  while (ended_ns - began_ns < args.spin_ns) ended_ns = nanoseconds_now();
  args.out[0] = cycles_now() - began;
  args.out[1] = ended_ns - began_ns;
}

inline void read_clock(const ClockArgs& args, Stream stream) {
  start(&clock_kernel, 1, 1, 1, kWarp, stream, args);
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

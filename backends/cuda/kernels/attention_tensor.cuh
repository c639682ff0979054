// Attention on tensor cores, with a running softmax (Dao, arXiv 2307.08691): a block of four warps
// goes over the context in blocks of 64 positions that lie in shared memory. Of a prompt it takes
// 64 queries that share a key-value head, each warp sixteen of them and all positions. Of a step of
// decoding it takes the up to sixteen queries that share a head, and each warp has sixteen of the
// positions, so that few queries leave no warp idle; what the warps have found is joined at the
// end, and the context may be cut in parts (Dao and others, "Flash-Decoding", 2023). Queries, keys,
// values and weights of the softmax are f16 numbers there, sums are f32. bf16 caches are read as
// f16, which holds all but what is beyond 65504, E4M3 ones too, which f16 holds exactly.
//
// Shared memory has two stages: the next block's keys and values are copied to one while the other
// is computed with (copies.cuh). For heads of 128 that is 68 KiB. As ptxas of CUDA 13.0 counts for
// sm_90a, a thread has 160 registers in decoding and 249 in prompts, so that a multiprocessor with
// 228 KiB holds three blocks of the one and two of the other; of 164 KiB, two. A block has up to 32
// KiB on their way (f16): three of them more than the 25 KiB a multiprocessor that 4.8 TB/s and 700
// ns of latency ask for.
//
// The maps from lanes to elements are those of mma.sync.m16n8k16 and ldmatrix (PTX ISA, matrix
// fragments). Lane l of a 16 by 8 result holds rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the
// next.
#pragma once

#include "backends/cuda/attention_plan.h"
#include "backends/cuda/kernels/attention.cuh"
#include "backends/cuda/kernels/copies.cuh"
#include "backends/cuda/kernels/device.cuh"
#include "backends/cuda/kernels/tensor_tiles.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kTensorThreads = 128;

/// A block of positions of one head: rows of f16 numbers.
template <int Dim>
using Positions = std::uint16_t (*)[Dim + kPadding];
template <int Dim>
__device__ constexpr int positions_bytes() {
  return kAttentionBlock * (Dim + kPadding) * static_cast<int>(sizeof(std::uint16_t));
}
/// Keys, then values.
template <int Dim>
__device__ constexpr int stage_bytes() {
  return 2 * positions_bytes<Dim>();
}
inline constexpr int kAttentionStages = 2;

/// Starts copying positions [begin, begin + 64) of a head, as they are stored; zeros from `end` on.
/// Each eight elements go to the beginning of the place that they have as f16 numbers.
template <KvType T, int Dim>
__device__ void fetch_positions(const HeadCache& cache, std::int64_t head, std::int64_t begin,
                                std::int64_t end, Positions<Dim> to) {
  constexpr int kChunks = Dim / 8, kBytes = kv_bytes(T);
  const auto* const from =
      static_cast<const std::uint8_t*>(cache.data) + (head + begin * Dim) * kBytes;
  const int there = static_cast<int>(smaller_of<std::int64_t>(end - begin, kAttentionBlock));
  RIDGEPOINT_UNROLL(4)
  for (int c = static_cast<int>(threadIdx.x); c < kAttentionBlock * kChunks; c += kTensorThreads) {
    const int position = c / kChunks;
    std::uint16_t* const place = &to[position][c % kChunks * 8];
    if constexpr (T == KvType::e4m3) {
      copy_eight(place, from + c * 8, position < there);
    } else {
      copy_sixteen(place, from + c * 16, position < there);
    }
  }
}

/// What this thread has copied, once it has come, as f16 numbers.
template <KvType T, int Dim>
__device__ void widen_positions(Positions<Dim> at) {
  constexpr int kChunks = Dim / 8;
  RIDGEPOINT_UNROLL(4)
  for (int c = static_cast<int>(threadIdx.x); c < kAttentionBlock * kChunks; c += kTensorThreads) {
    std::uint16_t* const place = &at[c / kChunks][c % kChunks * 8];
    Sixteen all;
    if constexpr (T == KvType::e4m3) {
      const EightBytes codes = load_eight_bytes(place);
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) {
        all.word[i] =
            halves_of_e4m3(codes.word[i / 2] >> static_cast<unsigned>(i % 2 * 16) & 0xffffU);
      }
    } else {
      all = load_sixteen(place);
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) {
        all.word[i] = two_halves(float_of_bf16(all.word[i] & 0xffffU),
                                 float_of_bits(all.word[i] & 0xffff0000U));
      }
    }
    *reinterpret_cast<Sixteen*>(place) = all;
  }
}

/// What the four warps have of the same sixteen queries, joined: each has seen other positions.
template <int Dim>
__device__ void join_warps(const AttentionArgs& args, const QueryTile& queries, std::int64_t split,
                           const float* most, const float* total, const float (*sums)[4],
                           float* room) {
  constexpr int kWarps = kTensorThreads / kWarp, kRows = kDecodeTile;
  constexpr float kLog2E = 1.4426950409F;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp, warp = thread / kWarp;
  float* const all_most = room;                        // [warps][rows]
  float* const all_total = all_most + kWarps * kRows;  // [warps][rows]
  float* const all_sums = all_total + kWarps * kRows;  // [warps][rows][Dim]
  RIDGEPOINT_UNROLL(2)
  for (int half = 0; half < 2; ++half) {
    const int row = warp * kRows + lane / 4 + half * 8;
    if (lane % 4 == 0) {
      all_most[row] = most[half];
      all_total[row] = total[half];
    }
    RIDGEPOINT_UNROLL(16)
    for (int d = 0; d < Dim / 8; ++d) {
      all_sums[row * Dim + d * 8 + lane % 4 * 2] = sums[d][2 * half];
      all_sums[row * Dim + d * 8 + lane % 4 * 2 + 1] = sums[d][2 * half + 1];
    }
  }
  __syncthreads();
  const std::int64_t kv_head = blockIdx.y, sequence = blockIdx.z;
  for (int row = 0; row < queries.count; ++row) {
    float largest = -INFINITY;
    RIDGEPOINT_UNROLL(4)
    for (int w = 0; w < kWarps; ++w) largest = fmaxf(largest, all_most[w * kRows + row]);
    // A part of the context that this query does not see at all has weights of zero.
    const float base = largest == -INFINITY ? 0.0F : largest * kLog2E;
    float factor[kWarps], sum = 0;
    RIDGEPOINT_UNROLL(4)
    for (int w = 0; w < kWarps; ++w) {
      factor[w] = exp2f(all_most[w * kRows + row] * kLog2E - base);
      sum += factor[w] * all_total[w * kRows + row];
    }
    const std::int64_t query = queries.first + row;
    float* const item = args.partial + partial_place(args, sequence, kv_head, query, split);
    for (int d = thread; d < Dim; d += kTensorThreads) {
      float of_all = 0;
      RIDGEPOINT_UNROLL(4)
      for (int w = 0; w < kWarps; ++w) {
        of_all += factor[w] * all_sums[(w * kRows + row) * Dim + d];
      }
      if (args.splits == 1) {
        args.out[query_place(args, sequence, kv_head, query) + d] = of_all / sum;
      } else {
        item[2 + d] = of_all;
      }
    }
    if (args.splits > 1 && thread == 0) {
      item[0] = largest;
      item[1] = sum;
    }
  }
}

/// `Shared`: the four warps have the same queries, and each its own positions.
template <KvType T, int Dim, bool Shared>
__global__ void __launch_bounds__(kTensorThreads) attention_tensor_kernel(AttentionArgs args) {
  constexpr int kSteps = Dim / 16;                                // of sixteen elements of a head
  constexpr int kTiles = kAttentionBlock / 8 / (Shared ? 4 : 1);  // of eight positions, a warp
  constexpr float kLog2E = 1.4426950409F;
  static_assert(kAttentionStages * stage_bytes<Dim>() >=
                static_cast<int>(sizeof(float)) * 4 * kDecodeTile * (Dim + 2));
  std::uint8_t* const room = launch_room();
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int first_row = Shared ? 0 : warp * 16;
  const int first_position = Shared ? warp * 16 : 0;
  const std::int64_t kv_head = blockIdx.y, sequence = blockIdx.z;
  const std::int64_t split = blockIdx.x % args.splits;
  const std::int64_t group = args.heads / args.keys.heads;
  const std::int64_t past = *args.past;
  const QueryTile queries = query_tile(args, blockIdx.x / args.splits);
  const ContextPart context =
      context_part(past + (queries.first + queries.count - 1) / group + 1, split, args.splits);
  const std::int64_t key_head = cache_place(args.keys, sequence, kv_head, 0);
  const std::int64_t value_head = cache_place(args.values, sequence, kv_head, 0);
  const auto keys_of = [&](int stage) {
    return reinterpret_cast<Positions<Dim>>(room + stage * stage_bytes<Dim>());
  };
  const auto values_of = [&](int stage) {
    return reinterpret_cast<Positions<Dim>>(room + stage * stage_bytes<Dim>() +
                                            positions_bytes<Dim>());
  };
  const auto fetch = [&](int stage, std::int64_t begin) {
    if (begin < context.end) {
      fetch_positions<T, Dim>(args.keys, key_head, begin, context.end, keys_of(stage));
      fetch_positions<T, Dim>(args.values, value_head, begin, context.end, values_of(stage));
    }
    commit_copies();  // of nothing too, so that there is always a next group
  };
  fetch(0, context.begin);

  // This lane's two rows: what they see, and their queries.
  std::int64_t last_seen[2];
  std::uint32_t query[kSteps][4];
  RIDGEPOINT_UNROLL(2)
  for (int half = 0; half < 2; ++half) {
    const std::int64_t row = first_row + lane / 4 + half * 8;
    const bool there = row < queries.count;
    last_seen[half] = there ? past + (queries.first + row) / group : -1;
    const std::int64_t at = there ? query_place(args, sequence, kv_head, queries.first + row) : 0;
    RIDGEPOINT_UNROLL(8)
    for (int step = 0; step < kSteps; ++step) {
      RIDGEPOINT_UNROLL(2)
      for (int k = 0; k < 2; ++k) {
        const std::int64_t from = at + step * 16 + k * 8 + lane % 4 * 2;
        query[step][half + 2 * k] =
            there ? two_halves(args.query[from] * args.scale, args.query[from + 1] * args.scale)
                  : 0U;
      }
    }
  }
  float sums[Dim / 8][4] = {};
  float most[2] = {-INFINITY, -INFINITY}, total[2] = {};

  int stage = 0;
  for (std::int64_t begin = context.begin; begin < context.end; begin += kAttentionBlock) {
    fetch(1 - stage, begin + kAttentionBlock);
    wait_for_copies<1>();
    if constexpr (T != KvType::f16) {
      widen_positions<T, Dim>(keys_of(stage));
      widen_positions<T, Dim>(values_of(stage));
    }
    __syncthreads();
    const Positions<Dim> keys = keys_of(stage), values = values_of(stage);
    stage = 1 - stage;

    float scores[kTiles][4] = {};
    RIDGEPOINT_UNROLL(8)
    for (int tile = 0; tile < kTiles; ++tile) {
      RIDGEPOINT_UNROLL(4)
      for (int step = 0; step < kSteps; step += 2) {
        std::uint32_t two_steps[4];  // of keys: matrices side by side along the head
        load_tiles<false>(two_steps,
                          &keys[first_position + tile * 8 + lane % 8][step * 16 + lane / 8 * 8]);
        multiply_tile(scores[tile], query[step], two_steps);
        multiply_tile(scores[tile], query[step + 1], two_steps + 2);
      }
    }
    RIDGEPOINT_UNROLL(2)
    for (int half = 0; half < 2; ++half) {
      float now = most[half];
      // Of the positions that lie here, how many this row sees.
      const int seen =
          static_cast<int>(smaller_of<std::int64_t>(last_seen[half] - begin + 1, kAttentionBlock)) -
          first_position;
      RIDGEPOINT_UNROLL(8)
      for (int tile = 0; tile < kTiles; ++tile) {
        RIDGEPOINT_UNROLL(2)
        for (int i = 0; i < 2; ++i) {
          float& score = scores[tile][2 * half + i];
          if (tile * 8 + lane % 4 * 2 + i >= seen) score = -INFINITY;
          now = fmaxf(now, score);
        }
      }
      // Four neighbouring lanes hold a row.
      now = fmaxf(now, __shfl_xor_sync(kEveryLane, now, 1));
      now = fmaxf(now, __shfl_xor_sync(kEveryLane, now, 2));
      const float base = now == -INFINITY ? 0.0F : now * kLog2E;
      const float factor = exp2f(most[half] * kLog2E - base);
      most[half] = now;
      float sum = 0;
      RIDGEPOINT_UNROLL(8)
      for (int tile = 0; tile < kTiles; ++tile) {
        RIDGEPOINT_UNROLL(2)
        for (int i = 0; i < 2; ++i) {
          float& score = scores[tile][2 * half + i];
          score = exp2f(score * kLog2E - base);
          sum += score;
        }
      }
      total[half] = total[half] * factor + sum;  // of this lane's columns; joined at the end
      RIDGEPOINT_UNROLL(16)
      for (int d = 0; d < Dim / 8; ++d) {
        sums[d][2 * half] *= factor;
        sums[d][2 * half + 1] *= factor;
      }
    }
    // Two tiles of results are one of sixteen inputs, as they lie.
    RIDGEPOINT_UNROLL(4)
    for (int tile = 0; tile < kTiles; tile += 2) {
      const std::uint32_t weights[4] = {two_halves(scores[tile][0], scores[tile][1]),
                                        two_halves(scores[tile][2], scores[tile][3]),
                                        two_halves(scores[tile + 1][0], scores[tile + 1][1]),
                                        two_halves(scores[tile + 1][2], scores[tile + 1][3])};
      RIDGEPOINT_UNROLL(8)
      for (int d = 0; d < Dim / 8; d += 2) {
        std::uint32_t
            two_columns[4];  // of values: eight and eight positions, then the next columns
        load_tiles<true>(two_columns,
                         &values[first_position + tile * 8 + lane % 16][d * 8 + lane / 16 * 8]);
        multiply_tile(sums[d], weights, two_columns);
        multiply_tile(sums[d + 1], weights, two_columns + 2);
      }
    }
    __syncthreads();  // the stage has been used
  }

  RIDGEPOINT_UNROLL(2)
  for (int half = 0; half < 2; ++half) {
    total[half] += __shfl_xor_sync(kEveryLane, total[half], 1);
    total[half] += __shfl_xor_sync(kEveryLane, total[half], 2);
  }
  if constexpr (Shared) {
    join_warps<Dim>(args, queries, split, most, total, sums, reinterpret_cast<float*>(room));
  } else {
    RIDGEPOINT_UNROLL(2)
    for (int half = 0; half < 2; ++half) {
      const std::int64_t row = first_row + lane / 4 + half * 8;
      if (row >= queries.count) continue;
      const std::int64_t at = query_place(args, sequence, kv_head, queries.first + row);
      RIDGEPOINT_UNROLL(16)
      for (int d = 0; d < Dim / 8; ++d) {
        const std::int64_t to = at + d * 8 + lane % 4 * 2;
        args.out[to] = sums[d][2 * half] / total[half];
        args.out[to + 1] = sums[d][2 * half + 1] / total[half];
      }
    }
  }
}

template <KvType T, int Dim>
void start_attention_tensor(const AttentionArgs& args, Stream stream) {
  const auto kernel = args.tile == kDecodeTile ? &attention_tensor_kernel<T, Dim, true>
                                               : &attention_tensor_kernel<T, Dim, false>;
  const std::int64_t tiles = whole_parts(queries_a_head(args), args.tile);
  start(kernel, tiles * args.splits, args.keys.heads, args.batch, kTensorThreads, stream, args,
        kAttentionStages * stage_bytes<Dim>());
  join_parts(args, stream);
}

template <KvType T>
void start_attention_tensor(const AttentionArgs& args, Stream stream) {
  if (args.keys.dim == 64) {
    start_attention_tensor<T, 64>(args, stream);
  } else {
    start_attention_tensor<T, 128>(args, stream);
  }
}

/// On tensor cores where the plan says so.
inline void attention_anyhow(const AttentionArgs& args, Stream stream) {
  if (!args.on_tensor_cores) {
    attention(args, stream);
  } else if (args.keys.type == KvType::f16) {
    start_attention_tensor<KvType::f16>(args, stream);
  } else if (args.keys.type == KvType::bf16) {
    start_attention_tensor<KvType::bf16>(args, stream);
  } else {
    start_attention_tensor<KvType::e4m3>(args, stream);
  }
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// Attention for many queries on tensor cores, with a running softmax (Dao, arXiv 2307.08691): a
// block takes 64 queries that share a key-value head, each of its four warps sixteen of them, and
// goes over the context in blocks of 64 positions that lie in shared memory. Queries, keys, values
// and weights of the softmax are f16 numbers there, sums are f32. bf16 caches are read as f16,
// which holds all but what is beyond 65504, E4M3 ones too, which f16 holds exactly.
//
// The maps from lanes to elements are those of mma.sync.m16n8k16 and ldmatrix (PTX ISA, matrix
// fragments). Lane l of a 16 by 8 result holds rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the
// next.
#pragma once

#include "backends/cuda/attention_plan.h"
#include "backends/cuda/kernels/attention.cuh"
#include "backends/cuda/kernels/device.cuh"
#include "backends/cuda/kernels/tensor_tiles.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kTensorThreads = 128;

/// Positions [begin, begin + 64) of a head as f16; zeros from `end` on.
template <KvType T, int Dim>
__device__ void stage_positions(const HeadCache& cache, std::int64_t head, std::int64_t begin,
                                std::int64_t end, std::uint16_t (*to)[Dim + kPadding]) {
  constexpr int kChunks = Dim / 8;
  RIDGEPOINT_UNROLL(4)
  for (int c = static_cast<int>(threadIdx.x); c < kAttentionBlock * kChunks; c += kTensorThreads) {
    const int position = c / kChunks, chunk = c % kChunks;
    Sixteen all = {};
    const std::int64_t at = head + (begin + position) * cache.pitch + chunk * 8;
    if (begin + position < end) {
      if constexpr (T == KvType::e4m3) {
        const EightBytes codes =
            load_eight_bytes(static_cast<const std::uint8_t*>(cache.data) + at);
        RIDGEPOINT_UNROLL(4)
        for (int i = 0; i < 4; ++i) {
          all.word[i] =
              halves_of_e4m3(codes.word[i / 2] >> static_cast<unsigned>(i % 2 * 16) & 0xffffU);
        }
      } else {
        all = load_sixteen(static_cast<const std::uint16_t*>(cache.data) + at);
      }
    }
    if constexpr (T == KvType::bf16) {
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) {
        all.word[i] = two_halves(float_of_bf16(all.word[i] & 0xffffU),
                                 float_of_bits(all.word[i] & 0xffff0000U));
      }
    }
    *reinterpret_cast<Sixteen*>(&to[position][chunk * 8]) = all;
  }
}

template <KvType T, int Dim>
__global__ void attention_tensor_kernel(AttentionArgs args) {
  constexpr int kSteps = Dim / 16;             // of sixteen elements of a head
  constexpr int kTiles = kAttentionBlock / 8;  // of eight positions
  constexpr float kLog2E = 1.4426950409F;
  __shared__ __align__(16) std::uint16_t keys[kAttentionBlock][Dim + kPadding];
  __shared__ __align__(16) std::uint16_t values[kAttentionBlock][Dim + kPadding];
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const std::int64_t kv_head = blockIdx.y, sequence = blockIdx.z;
  const std::int64_t group = args.heads / args.keys.heads;
  const std::int64_t past = *args.past;
  const QueryTile queries = query_tile(args, blockIdx.x);
  const std::int64_t end = past + (queries.first + queries.count - 1) / group + 1;
  const std::int64_t key_head = cache_place(args.keys, sequence, kv_head, 0);
  const std::int64_t value_head = cache_place(args.values, sequence, kv_head, 0);

  // This lane's two rows: what they see, and their queries.
  std::int64_t last_seen[2];
  std::uint32_t query[kSteps][4];
  RIDGEPOINT_UNROLL(2)
  for (int half = 0; half < 2; ++half) {
    const std::int64_t row = warp * 16 + lane / 4 + half * 8;
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

  for (std::int64_t begin = 0; begin < end; begin += kAttentionBlock) {
    __syncthreads();  // the block before has been used
    stage_positions<T, Dim>(args.keys, key_head, begin, end, keys);
    stage_positions<T, Dim>(args.values, value_head, begin, end, values);
    __syncthreads();

    float scores[kTiles][4] = {};
    RIDGEPOINT_UNROLL(8)
    for (int tile = 0; tile < kTiles; ++tile) {
      RIDGEPOINT_UNROLL(4)
      for (int step = 0; step < kSteps; step += 2) {
        std::uint32_t two_steps[4];  // of keys: matrices side by side along the head
        load_tiles<false>(two_steps, &keys[tile * 8 + lane % 8][step * 16 + lane / 8 * 8]);
        multiply_tile(scores[tile], query[step], two_steps);
        multiply_tile(scores[tile], query[step + 1], two_steps + 2);
      }
    }
    RIDGEPOINT_UNROLL(2)
    for (int half = 0; half < 2; ++half) {
      float now = most[half];
      RIDGEPOINT_UNROLL(8)
      for (int tile = 0; tile < kTiles; ++tile) {
        RIDGEPOINT_UNROLL(2)
        for (int i = 0; i < 2; ++i) {
          const std::int64_t position = begin + tile * 8 + lane % 4 * 2 + i;
          float& score = scores[tile][2 * half + i];
          if (position > last_seen[half]) score = -INFINITY;
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
        load_tiles<true>(two_columns, &values[tile * 8 + lane % 16][d * 8 + lane / 16 * 8]);
        multiply_tile(sums[d], weights, two_columns);
        multiply_tile(sums[d + 1], weights, two_columns + 2);
      }
    }
  }

  RIDGEPOINT_UNROLL(2)
  for (int half = 0; half < 2; ++half) {
    float all = total[half];
    all += __shfl_xor_sync(kEveryLane, all, 1);
    all += __shfl_xor_sync(kEveryLane, all, 2);
    const std::int64_t row = warp * 16 + lane / 4 + half * 8;
    if (row >= queries.count) continue;
    const std::int64_t at = query_place(args, sequence, kv_head, queries.first + row);
    RIDGEPOINT_UNROLL(16)
    for (int d = 0; d < Dim / 8; ++d) {
      const std::int64_t to = at + d * 8 + lane % 4 * 2;
      args.out[to] = sums[d][2 * half] / all;
      args.out[to + 1] = sums[d][2 * half + 1] / all;
    }
  }
}

template <KvType T>
void start_attention_tensor(const AttentionArgs& args, Stream stream) {
  const auto kernel =
      args.keys.dim == 64 ? &attention_tensor_kernel<T, 64> : &attention_tensor_kernel<T, 128>;
  const std::int64_t tiles = whole_parts(queries_a_head(args), args.tile);
  start(kernel, tiles, args.keys.heads, args.batch, kTensorThreads, stream, args);
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

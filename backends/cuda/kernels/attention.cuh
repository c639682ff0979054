// Rotary positions, the KV cache, and attention over it with a running softmax (Milakov and
// Gimelshein 2018): no matrix of context by context.
//
// A block takes up to eight queries that share a key-value head, so that grouped heads read their
// keys and values once, and a part of the context where there are few blocks otherwise. Keys are
// read by groups of lanes, sixteen bytes each; a thread keeps eight elements of one query's sum.
#pragma once

#include "backends/cuda/attention_plan.h"
#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

// ---- the cache's numbers ----

/// Eight neighbours, loaded before they are looked at.
template <KvType T>
struct Eight {
  static constexpr int kElementBytes = kv_bytes(T);
  Sixteen raw[kElementBytes / 2];

  __device__ void load(const HeadCache& cache, std::int64_t at) {
    const auto* const from = static_cast<const std::uint8_t*>(cache.data) + at * kElementBytes;
    RIDGEPOINT_UNROLL(2)
    for (int part = 0; part < kElementBytes / 2; ++part) raw[part] = load_sixteen(from + 16 * part);
  }
  __device__ void clear() {
    RIDGEPOINT_UNROLL(2)
    for (int part = 0; part < kElementBytes / 2; ++part) raw[part] = {};
  }
  __device__ float operator[](int i) const {
    if constexpr (T == KvType::f32) {
      return float_of_bits(raw[i / 4].word[i % 4]);
    } else if constexpr (T == KvType::f16) {
      return float_of_f16(raw[0].word[i / 2] >> static_cast<unsigned>(i % 2 * 16) & 0xffffU);
    } else {
      return i % 2 == 0 ? float_of_bf16(raw[0].word[i / 2] & 0xffffU)
                        : float_of_bits(raw[0].word[i / 2] & 0xffff0000U);
    }
  }
};

/// Of E4M3, widened to f16, which holds them.
template <>
struct Eight<KvType::e4m3> {
  EightBytes raw;

  __device__ void load(const HeadCache& cache, std::int64_t at) {
    raw = load_eight_bytes(static_cast<const std::uint8_t*>(cache.data) + at);
  }
  __device__ void clear() { raw = {}; }
  __device__ float operator[](int i) const {
    // Neighbours are converted together; the compiler does it once for both.
    const std::uint32_t two =
        halves_of_e4m3(raw.word[i / 4] >> static_cast<unsigned>(i % 4 / 2 * 16) & 0xffffU);
    return float_of_f16(i % 2 == 0 ? two & 0xffffU : two >> 16U);
  }
};

__device__ inline void store_one(const HeadCache& cache, std::int64_t at, float value) {
  switch (cache.type) {
    case KvType::f32:
      static_cast<float*>(cache.data)[at] = value;
      return;
    case KvType::f16:
      static_cast<std::uint16_t*>(cache.data)[at] = f16_of(value);
      return;
    case KvType::bf16:
      static_cast<std::uint16_t*>(cache.data)[at] = bf16_of(value);
      return;
    case KvType::e4m3:
      static_cast<std::uint8_t*>(cache.data)[at] = e4m3_of(value);
      return;
  }
}

// ---- heads of new rows ----

inline constexpr int kHeadThreads = 128;

/// A warp a head of a row.
__global__ void heads_kernel(HeadsArgs args) {
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / kWarp;
  std::int64_t a_row = 0;
  for (int j = 0; j < args.count; ++j) a_row += args.jobs[j].heads;
  if (at >= args.rows * a_row) return;
  const std::int64_t row = at / a_row;
  std::int64_t head = at % a_row;
  int which = 0;
  while (head >= args.jobs[which].heads) head -= args.jobs[which++].heads;
  const HeadJob& job = args.jobs[which];
  const std::int64_t position = *args.past + row % args.tokens, pairs = args.dim / 2;
  const std::int64_t start_of = (row * job.heads + head) * args.dim;
  const std::int64_t stored = cache_place(job.cache, row / args.tokens, head, position);
  const auto keep = [&](std::int64_t i, float value) {
    if (job.out != nullptr) job.out[start_of + i] = value;
    if (job.cache.data != nullptr) store_one(job.cache, stored + i, value);
  };
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  const std::int64_t turn = args.own_positions ? row % args.tokens : position;
  if (!job.rotate) {
    for (std::int64_t i = lane; i < args.dim; i += kWarp) keep(i, job.x[start_of + i]);
    return;
  }
  for (std::int64_t pair = lane; pair < pairs; pair += kWarp) {
    const std::int64_t first = args.adjacent ? 2 * pair : pair;
    const std::int64_t second = args.adjacent ? first + 1 : pair + pairs;
    const float cosine = args.cosines[turn * pairs + pair];
    const float sine = args.sines[turn * pairs + pair];
    const float a = job.x[start_of + first], b = job.x[start_of + second];
    keep(first, a * cosine - b * sine);
    keep(second, a * sine + b * cosine);
  }
}

inline void heads(const HeadsArgs& args, Stream stream) {
  std::int64_t warps = 0;
  for (int j = 0; j < args.count; ++j) warps += args.jobs[j].heads * args.rows;
  start(&heads_kernel, whole_parts(warps * kWarp, kHeadThreads), 1, 1, kHeadThreads, stream, args);
}

// ---- attention ----

inline constexpr int kAttentionThreads = 128;
/// Of a thread: as many bytes on their way whatever the type, but for f32.
__device__ constexpr int keys_at_once(KvType type) {
  return type == KvType::e4m3 ? 8 : 4;
}

template <KvType T, int Tile>
__global__ void attention_kernel(AttentionArgs args) {
  __shared__ float scores[Tile][kAttentionBlock];
  __shared__ float factors[Tile], totals[Tile];
  __shared__ float sums[kAttentionThreads][8];
  const std::int64_t dim = args.keys.dim, chunks = args.keys.pitch / 8;
  const std::int64_t group = args.heads / args.keys.heads;
  const std::int64_t tile = blockIdx.x / args.splits, split = blockIdx.x % args.splits;
  const std::int64_t kv_head = blockIdx.y, sequence = blockIdx.z;
  const QueryTile queries = query_tile(args, tile);
  const std::int64_t past = *args.past;
  const ContextPart context =
      context_part(past + (queries.first + queries.count - 1) / group + 1, split, args.splits);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;

  // A group of lanes reads a key; each lane holds its eight elements of every query.
  const int lanes = lanes_a_key(chunks);
  const int chunk = thread % lanes;
  float query[Tile][8];
  RIDGEPOINT_UNROLL(8)
  for (int q = 0; q < Tile; ++q) {
    const bool there = q < queries.count && chunk < chunks;
    const std::int64_t at = there ? query_place(args, sequence, kv_head, queries.first + q) : 0;
    RIDGEPOINT_UNROLL(8)
    for (int i = 0; i < 8; ++i) {
      query[q][i] =
          there && chunk * 8 + i < dim ? args.query[at + chunk * 8 + i] * args.scale : 0.0F;
    }
  }
  // In the other half of the work a thread owns eight elements of one query, and where there are
  // threads to spare every `stripes`-th position.
  const int owners = Tile * static_cast<int>(chunks);
  const int stripes = kAttentionThreads / owners;
  const int own_query = thread / static_cast<int>(chunks) % Tile;
  const int own_chunk = thread % static_cast<int>(chunks);
  const int stripe = thread / owners;
  float own[8] = {};
  float most[Tile], total[Tile];  // of the queries of this warp, the same in every lane
  RIDGEPOINT_UNROLL(8)
  for (int q = 0; q < Tile; ++q) {
    most[q] = -INFINITY;
    total[q] = 0;
  }

  const std::int64_t keys = cache_place(args.keys, sequence, kv_head, 0);
  const std::int64_t values = cache_place(args.values, sequence, kv_head, 0);
  for (std::int64_t begin = context.begin; begin < context.end; begin += kAttentionBlock) {
    const int count =
        static_cast<int>(smaller_of<std::int64_t>(kAttentionBlock, context.end - begin));
    // Several keys at a time are on their way from memory.
    constexpr int kKeys = keys_at_once(T);
    const int a_round = kAttentionThreads / lanes;
    for (int first = thread / lanes; first < kAttentionBlock; first += kKeys * a_round) {
      Eight<T> key[kKeys];
      RIDGEPOINT_UNROLL(8)
      for (int k = 0; k < kKeys; ++k) {
        const int p = first + k * a_round;
        if (p < count && chunk < chunks) {
          key[k].load(args.keys, keys + (begin + p) * args.keys.pitch + chunk * 8);
        } else {
          key[k].clear();
        }
      }
      RIDGEPOINT_UNROLL(8)
      for (int k = 0; k < kKeys; ++k) {
        if (k * a_round >= kAttentionBlock) continue;  // so of every thread
        const int p = first + k * a_round;
        RIDGEPOINT_UNROLL(8)
        for (int q = 0; q < Tile; ++q) {
          float dot = 0;
          RIDGEPOINT_UNROLL(8)
          for (int i = 0; i < 8; ++i) dot += key[k][i] * query[q][i];
          for (int apart = lanes / 2; apart > 0; apart /= 2) {
            dot += __shfl_xor_sync(kEveryLane, dot, apart);
          }
          const bool seen = p < count && begin + p <= past + (queries.first + q) / group;
          if (chunk == 0 && p < kAttentionBlock) {
            scores[q][p] = seen && q < queries.count ? dot : -INFINITY;
          }
        }
      }
    }
    __syncthreads();
    RIDGEPOINT_UNROLL(8)
    for (int q = 0; q < Tile; ++q) {
      if (q % (kAttentionThreads / kWarp) != thread / kWarp) continue;
      const float a = scores[q][lane], b = scores[q][lane + kWarp];
      const float now = fmaxf(most[q], warp_most(fmaxf(a, b)));
      // Nothing seen yet: all weights are zero, and minus infinity less itself would be no number.
      const float base = now == -INFINITY ? 0.0F : now;
      const float factor = expf(most[q] - base);
      const float weight_a = expf(a - base), weight_b = expf(b - base);
      total[q] = total[q] * factor + warp_sum(weight_a + weight_b);
      most[q] = now;
      scores[q][lane] = weight_a;
      scores[q][lane + kWarp] = weight_b;
      if (lane == 0) factors[q] = factor;
    }
    __syncthreads();
    if (stripe < stripes) {
      const float factor = factors[own_query];
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) own[i] *= factor;
      RIDGEPOINT_UNROLL(4)
      for (int p = stripe; p < count; p += stripes) {
        Eight<T> value;
        value.load(args.values, values + (begin + p) * args.values.pitch + own_chunk * 8);
        const float weight = scores[own_query][p];
        RIDGEPOINT_UNROLL(8)
        for (int i = 0; i < 8; ++i) own[i] += weight * value[i];
      }
    }
    __syncthreads();
  }

  RIDGEPOINT_UNROLL(8)
  for (int i = 0; i < 8; ++i) sums[thread][i] = own[i];
  RIDGEPOINT_UNROLL(8)
  for (int q = 0; q < Tile; ++q) {
    if (q % (kAttentionThreads / kWarp) == thread / kWarp && lane == 0) {
      totals[q] = total[q];
      factors[q] = most[q];
    }
  }
  __syncthreads();
  if (stripe != 0 || own_query >= queries.count) return;
  const std::int64_t place = query_place(args, sequence, kv_head, queries.first + own_query);
  const std::int64_t item =
      partial_place(args, sequence, kv_head, queries.first + own_query, split);
  for (int i = 0; i < 8; ++i) {
    const std::int64_t d = own_chunk * 8 + i;
    if (d >= dim) break;
    float sum = 0;
    for (int s = 0; s < stripes; ++s) sum += sums[thread + s * owners][i];
    if (args.splits == 1) {
      args.out[place + d] = sum / totals[own_query];
    } else {
      args.partial[item + 2 + d] = sum;
    }
  }
  if (args.splits > 1 && own_chunk == 0) {
    args.partial[item] = factors[own_query];
    args.partial[item + 1] = totals[own_query];
  }
}

/// Joins the parts of the context: a warp a query and head.
__global__ void join_kernel(AttentionArgs args) {
  const std::int64_t at =
      (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / kWarp;
  const std::int64_t a_head = queries_a_head(args);
  if (at >= args.batch * args.keys.heads * a_head) return;
  const std::int64_t sequence = at / a_head / args.keys.heads,
                     kv_head = at / a_head % args.keys.heads;
  const std::int64_t query = at % a_head;
  const std::int64_t first = partial_place(args, sequence, kv_head, query, 0);
  const std::int64_t step = partial_place(args, sequence, kv_head, query, 1) - first;
  float most = -INFINITY;
  for (std::int64_t s = 0; s < args.splits; ++s) {
    most = fmaxf(most, args.partial[first + s * step]);
  }
  float total = 0;
  for (std::int64_t s = 0; s < args.splits; ++s) {
    total += args.partial[first + s * step + 1] * expf(args.partial[first + s * step] - most);
  }
  const std::int64_t place = query_place(args, sequence, kv_head, query);
  for (std::int64_t d = threadIdx.x % kWarp; d < args.keys.dim; d += kWarp) {
    float sum = 0;
    for (std::int64_t s = 0; s < args.splits; ++s) {
      sum += args.partial[first + s * step + 2 + d] * expf(args.partial[first + s * step] - most);
    }
    args.out[place + d] = sum / total;
  }
}

/// What the parts of a context have left, joined, if there are more than one.
inline void join_parts(const AttentionArgs& args, Stream stream) {
  if (args.splits == 1) return;
  const std::int64_t warps = args.batch * args.keys.heads * queries_a_head(args);
  start(&join_kernel, whole_parts(warps * kWarp, kHeadThreads), 1, 1, kHeadThreads, stream, args);
}

template <KvType T>
void start_attention(const AttentionArgs& args, Stream stream) {
  const auto kernel = args.tile == 1   ? &attention_kernel<T, 1>
                      : args.tile == 4 ? &attention_kernel<T, 4>
                                       : &attention_kernel<T, 8>;
  const std::int64_t tiles = whole_parts(queries_a_head(args), args.tile);
  start(kernel, tiles * args.splits, args.keys.heads, args.batch, kAttentionThreads, stream, args);
}

inline void attention(const AttentionArgs& args, Stream stream) {
  switch (args.keys.type) {
    case KvType::f32:
      start_attention<KvType::f32>(args, stream);
      break;
    case KvType::f16:
      start_attention<KvType::f16>(args, stream);
      break;
    case KvType::bf16:
      start_attention<KvType::bf16>(args, stream);
      break;
    case KvType::e4m3:
      start_attention<KvType::e4m3>(args, stream);
      break;
  }
  join_parts(args, stream);
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// The choice of the next token, as workloads/ops/sample.h defines it. Greedy: the lowest index
// among the largest, found in parts, whose last block joins them. A draw: the same float64
// arithmetic as the reference's, but for the order in which weights are added up: by threads, each
// a stretch of neighbouring tokens. So a draw differs from the reference's only where uniform *
// total lies within rounding of a border.
#pragma once

#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kSampleThreads = 256;

struct Candidate {
  float value;
  std::int32_t at;
};

__device__ inline Candidate better(Candidate a, Candidate b) {
  return b.value > a.value || (b.value == a.value && b.at < a.at) ? b : a;
}

__device__ inline Candidate best_of_block(Candidate mine, Candidate* room) {
  for (int apart = kWarp / 2; apart > 0; apart /= 2) {
    const Candidate other{__shfl_xor_sync(kEveryLane, mine.value, apart),
                          __shfl_xor_sync(kEveryLane, mine.at, apart)};
    mine = better(mine, other);
  }
  const unsigned warp = threadIdx.x / kWarp;
  __syncthreads();
  if (threadIdx.x % kWarp == 0) room[warp] = mine;
  __syncthreads();
  Candidate best = room[0];
  for (unsigned w = 1; w < blockDim.x / kWarp; ++w) best = better(best, room[w]);
  return best;
}

/// What other blocks have written, past this multiprocessor's own cache.
__device__ inline Candidate part_of(const SampleArgs& args, std::int64_t at) {
  return {*static_cast<const volatile float*>(args.best + at),
          *static_cast<const volatile std::int32_t*>(args.best_at + at)};
}

__device__ inline Candidate largest_of_parts(const SampleArgs& args, std::int64_t sequence) {
  Candidate best = part_of(args, sequence * kSampleParts);
  for (int part = 1; part < kSampleParts; ++part) {
    best = better(best, part_of(args, sequence * kSampleParts + part));
  }
  return best;
}

__global__ void largest_of_part_kernel(SampleArgs args) {
  __shared__ Candidate room[kSampleThreads / kWarp];
  const std::int64_t part = blockIdx.x, sequence = blockIdx.y;
  const float* const logits = args.logits + sequence * args.vocab;
  const std::int64_t begin = part * args.vocab / kSampleParts;
  const std::int64_t end = (part + 1) * args.vocab / kSampleParts;
  // Past every index, so that it loses to any that is equal.
  Candidate mine{-INFINITY, 0x7fffffff};
  for (std::int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) {
    mine = better(mine, {logits[i], static_cast<std::int32_t>(i)});
  }
  const Candidate best = best_of_block(mine, room);
  if (threadIdx.x != 0) return;
  args.best[sequence * kSampleParts + part] = best.value;
  args.best_at[sequence * kSampleParts + part] = best.at;
  if (args.temperature != 0.0) return;  // a draw follows
  // Who comes last has all parts: written before the counter was, so seen by whoever saw it full.
  __threadfence();
  if (atomicAdd(&args.arrived[sequence], 1U) != kSampleParts - 1) return;
  __threadfence();
  args.arrived[sequence] = 0;
  const std::int32_t at = largest_of_parts(args, sequence).at;
  args.out[sequence] = at < args.vocab ? at : 0;  // nothing but what is not a number
}

// ---- a draw ----

/// SplitMix64, as sample.cpp has it.
RIDGEPOINT_BOTH_SIDES std::uint64_t mix_bits(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31U);
}
RIDGEPOINT_BOTH_SIDES double uniform_of(std::uint64_t seed, std::int64_t position,
                                        std::int64_t sequence) {
  const std::uint64_t bits =
      mix_bits(mix_bits(mix_bits(seed) ^ static_cast<std::uint64_t>(position)) ^
               static_cast<std::uint64_t>(sequence));
  return static_cast<double>(bits >> 11U) * 0x1p-53;
}

/// Whole numbers in the order of the floats.
RIDGEPOINT_BOTH_SIDES std::uint32_t order_of(float value) {
  const std::uint32_t bits = bits_of_float(value == 0.0F ? 0.0F : value);  // -0 equals 0
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

/// One block a sequence; a thread has a stretch of neighbouring tokens.
__global__ void draw_kernel(SampleArgs args) {
  __shared__ std::uint32_t counts[256];
  __shared__ std::uint32_t threshold, wanted;
  __shared__ double weights[kSampleThreads];
  __shared__ std::uint32_t equals[kSampleThreads];
  __shared__ std::int32_t chosen, last;
  const std::int64_t sequence = blockIdx.x;
  const float* const logits = args.logits + sequence * args.vocab;
  const unsigned thread = threadIdx.x;
  const std::int64_t begin = thread * args.vocab / kSampleThreads;
  const std::int64_t end = (thread + 1) * args.vocab / kSampleThreads;
  const bool cut = args.top_k > 0 && args.top_k < args.vocab;

  // The order of the top_k-th largest, a byte at a time, and how many of those equal to it stay.
  if (thread == 0) {
    threshold = 0;
    wanted = cut ? static_cast<std::uint32_t>(args.top_k) : 0U;
  }
  for (int byte = 3; cut && byte >= 0; --byte) {
    const auto shift = static_cast<unsigned>(byte * 8);
    counts[thread] = 0;
    __syncthreads();
    for (std::int64_t i = begin; i < end; ++i) {
      const std::uint32_t order = order_of(logits[i]);
      if (byte == 3 || order >> (shift + 8U) == threshold >> (shift + 8U)) {
        atomicAdd(&counts[order >> shift & 0xffU], 1U);
      }
    }
    __syncthreads();
    if (thread == 0) {
      unsigned digit = 255;
      while (digit > 0 && counts[digit] < wanted) wanted -= counts[digit--];
      threshold |= digit << shift;
    }
    __syncthreads();
  }
  __syncthreads();
  // Among equals the lowest indices stay.
  std::uint32_t equal = 0;
  if (cut) {
    for (std::int64_t i = begin; i < end; ++i) equal += order_of(logits[i]) == threshold ? 1U : 0U;
  }
  equals[thread] = equal;
  __syncthreads();
  std::uint32_t before = 0;
  for (unsigned t = 0; cut && t < thread; ++t) before += equals[t];

  const auto most = static_cast<double>(largest_of_parts(args, sequence).value);
  const auto weight_of = [&](std::int64_t i, std::uint32_t& seen) {
    if (cut) {
      const std::uint32_t order = order_of(logits[i]);
      if (order < threshold) return 0.0;
      if (order == threshold && seen++ >= wanted) return 0.0;
    }
    return exp((static_cast<double>(logits[i]) - most) / args.temperature);
  };
  double sum = 0;
  std::uint32_t seen = before;
  for (std::int64_t i = begin; i < end; ++i) sum += weight_of(i, seen);
  weights[thread] = sum;
  if (thread == 0) {
    chosen = 0x7fffffff;
    last = 0;
  }
  __syncthreads();
  double running = 0, total = 0;
  for (unsigned t = 0; t < kSampleThreads; ++t) {
    if (t == thread) running = total;
    total += weights[t];
  }
  const double wanted_sum = uniform_of(args.seed, *args.past + args.tokens, sequence) * total;
  seen = before;
  for (std::int64_t i = begin; i < end; ++i) {
    const double weight = weight_of(i, seen);
    running += weight;
    if (weight > 0.0) atomicMax(&last, static_cast<std::int32_t>(i));
    if (running > wanted_sum) {
      atomicMin(&chosen, static_cast<std::int32_t>(i));
      break;
    }
  }
  __syncthreads();
  if (thread == 0) args.out[sequence] = chosen == 0x7fffffff ? last : chosen;
}

inline void sample(const SampleArgs& args, Stream stream) {
  start(&largest_of_part_kernel, kSampleParts, args.batch, 1, kSampleThreads, stream, args);
  if (args.temperature != 0.0) {
    start(&draw_kernel, args.batch, 1, 1, kSampleThreads, stream, args);
  }
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// Operators that go row by row or element by element: norms, gates, lookups, packing. A warp takes
// units of 32 elements, so that what it has computed can be packed for the next product at once.
#pragma once

#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kRowThreads = 256;

// ---- packing, element by element ----

__device__ inline std::int64_t warp_of_grid() {
  return (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / kWarp;
}

__global__ void pack_kernel(PackArgs args) {
  const std::int64_t units = whole_parts(args.length, kUnit), at = warp_of_grid();
  if (at >= args.rows * units) return;
  const std::int64_t row = at / units, unit = at % units;
  const std::int64_t i = unit * kUnit + threadIdx.x % kWarp;
  pack_unit(args.packed, row, unit, i < args.length ? args.x[row * args.length + i] : 0.0F);
}

inline void pack(const PackArgs& args, Stream stream) {
  const std::int64_t threads = args.rows * whole_parts(args.length, kUnit) * kWarp;
  start(&pack_kernel, whole_parts(threads, kRowThreads), 1, 1, kRowThreads, stream, args);
}

__device__ inline float gelu_tanh(float x) {
  return 0.5F * x * (1.0F + tanhf(0.7978845608F * (x + 0.044715F * x * x * x)));
}

__global__ void elementwise_kernel(ElementwiseArgs args) {
  const std::int64_t units = whole_parts(args.length, kUnit), at = warp_of_grid();
  if (at >= args.rows * units) return;
  const std::int64_t row = at / units, unit = at % units;
  const std::int64_t i = unit * kUnit + threadIdx.x % kWarp, place = row * args.length + i;
  float result = 0;
  if (i < args.length) {
    const float x = args.left[place];
    switch (args.what) {
      case Elementwise::add:
        result = x + args.right[place];
        break;
      case Elementwise::bias:
        result = x + args.right[i];
        break;
      case Elementwise::silu_gate:
        result = x / (1.0F + expf(-x)) * args.right[place];
        break;
      case Elementwise::gelu_tanh:
        result = gelu_tanh(x);
        break;
      case Elementwise::gelu_exact:
        result = 0.5F * x * erfcf(-x * 0.7071067812F);
        break;
    }
    args.out[place] = result;
  }
  pack_unit(args.packed, row, unit, result);
}

inline void elementwise(const ElementwiseArgs& args, Stream stream) {
  const std::int64_t threads = args.rows * whole_parts(args.length, kUnit) * kWarp;
  start(&elementwise_kernel, whole_parts(threads, kRowThreads), 1, 1, kRowThreads, stream, args);
}

// ---- a block a row ----

__global__ void norm_kernel(NormArgs args) {
  __shared__ float room[kWarp];
  const std::int64_t row = blockIdx.x;
  const float* const x = args.x + row * args.length;
  const float count = static_cast<float>(args.length);
  float mean = 0;
  if (args.bias != nullptr) {
    float sum = 0;
    for (std::int64_t i = threadIdx.x; i < args.length; i += blockDim.x) sum += x[i];
    mean = block_sum(sum, room) / count;
  }
  float squares = 0;
  for (std::int64_t i = threadIdx.x; i < args.length; i += blockDim.x) {
    squares += (x[i] - mean) * (x[i] - mean);
  }
  const float inverse = 1.0F / sqrtf(block_sum(squares, room) / count + args.epsilon);
  const std::int64_t units = whole_parts(args.length, kUnit);
  for (std::int64_t unit = threadIdx.x / kWarp; unit < units; unit += blockDim.x / kWarp) {
    const std::int64_t i = unit * kUnit + threadIdx.x % kWarp;
    float result = 0;
    if (i < args.length) {
      result = (x[i] - mean) * inverse * args.weight[i];
      if (args.bias != nullptr) result += args.bias[i];
      args.out[row * args.length + i] = result;
    }
    pack_unit(args.packed, row, unit, result);
  }
}

inline void norm(const NormArgs& args, Stream stream) {
  start(&norm_kernel, args.rows, 1, 1, kRowThreads, stream, args);
}

__global__ void softmax_kernel(SoftmaxArgs args) {
  __shared__ float room[kWarp];
  const std::int64_t row = blockIdx.x;
  const float* const x = args.x + row * args.length;
  float most = -INFINITY;
  for (std::int64_t i = threadIdx.x; i < args.length; i += blockDim.x) most = fmaxf(most, x[i]);
  most = block_most(most, room);
  float total = 0;
  for (std::int64_t i = threadIdx.x; i < args.length; i += blockDim.x) total += expf(x[i] - most);
  total = block_sum(total, room);
  for (std::int64_t i = threadIdx.x; i < args.length; i += blockDim.x) {
    args.out[row * args.length + i] = expf(x[i] - most) / total;
  }
}

inline void softmax(const SoftmaxArgs& args, Stream stream) {
  start(&softmax_kernel, args.rows, 1, 1, kRowThreads, stream, args);
}

// ---- lookups ----

__global__ void lookup_kernel(LookupArgs args) {
  const std::int64_t length = args.table.in, eighths = whole_parts(length, 8);
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= args.rows * eighths) return;
  const std::int64_t row = at / eighths, eighth = at % eighths;
  const std::int64_t entry =
      args.tokens != nullptr ? args.tokens[row] : *args.past + row % args.tokens_a_sequence;
  float values[8];
  decode_eight(args.table, entry, eighth, values);
  for (int j = 0; j < 8; ++j) {
    const std::int64_t i = eighth * 8 + j;
    if (i >= length) return;
    const float before = args.addend != nullptr ? args.addend[row * length + i] : 0.0F;
    args.out[row * length + i] = values[j] + before;
  }
}

inline void lookup(const LookupArgs& args, Stream stream) {
  const std::int64_t threads = args.rows * whole_parts(args.table.in, 8);
  start(&lookup_kernel, whole_parts(threads, kRowThreads), 1, 1, kRowThreads, stream, args);
}

__global__ void select_kernel(SelectArgs args) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= args.batch * args.length) return;
  const std::int64_t sequence = at / args.length, i = at % args.length;
  args.out[at] = args.x[(sequence * args.tokens + args.tokens - 1) * args.length + i];
}

inline void select(const SelectArgs& args, Stream stream) {
  start(&select_kernel, whole_parts(args.batch * args.length, kRowThreads), 1, 1, kRowThreads,
        stream, args);
}

struct PastArgs {
  std::int64_t* to;
  std::int64_t past;
};

__global__ void past_kernel(PastArgs args) {
  if (threadIdx.x == 0) *args.to = args.past;
}

inline void set_past(std::int64_t* to, std::int64_t past, Stream stream) {
  start(&past_kernel, 1, 1, 1, kWarp, stream, PastArgs{to, past});
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

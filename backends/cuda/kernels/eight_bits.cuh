// What products of many rows by tensor cores of eight bits need around the library's sums: rows of
// activations as E4M3 numbers or signed bytes with one scale each, and sums multiplied with the
// scales of their row and their output. The library multiplies the codes as they are, so that every
// device whose tensor cores know the type can do it, whichever scales its library takes.
#pragma once

#include "backends/cuda/kernels/device.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kEightBitThreads = 256;

/// A block a row. A row that holds what is not finite gets an infinite scale and codes of zero, so
/// that its products are not numbers either.
__global__ void pack_rows_kernel(PackRowsArgs args) {
  __shared__ float room[kWarp];
  const std::int64_t row = blockIdx.x;
  const float* const x = args.x + row * args.length;
  float most = 0;
  for (std::int64_t i = threadIdx.x; i < args.length; i += blockDim.x) {
    const float size = fabsf(x[i]);
    most = size <= most ? most : size < INFINITY ? size : INFINITY;  // also what is no number
  }
  most = block_most(most, room);
  const bool floats = args.packed.packing == Packing::e4m3;
  const float scale = most / (floats ? 448.0F : 127.0F);
  const bool there = most > 0.0F && most < INFINITY;
  const std::int64_t pitch = args.packed.units * kUnit;
  auto* const to = static_cast<std::uint8_t*>(args.packed.numbers) + row * pitch;
  for (std::int64_t i = threadIdx.x; i < pitch; i += blockDim.x) {
    const float value = there && i < args.length ? x[i] / scale : 0.0F;
    to[i] =
        floats ? e4m3_of(value) : static_cast<std::uint8_t>(static_cast<std::int8_t>(rintf(value)));
  }
  if (threadIdx.x == 0) args.packed.scales[row] = scale;
}

inline void pack_rows(const PackRowsArgs& args, Stream stream) {
  start(&pack_rows_kernel, args.rows, 1, 1, kEightBitThreads, stream, args);
}

/// Four outputs a thread.
__global__ void scale_sums_kernel(ScaleSumsArgs args) {
  const Matrix& m = args.part.matrix;
  const std::int64_t a_row = m.out / 4;
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= args.rows * a_row) return;
  const std::int64_t row = at / a_row, first = at % a_row * 4;
  const Sixteen sums = load_sixteen(args.sums + at * 4);
  Sixteen before = {};
  if (args.part.addend != nullptr) before = load_sixteen(args.part.addend + at * 4);
  const float x_scale = args.x_scales[row];
  Sixteen all;
  RIDGEPOINT_UNROLL(4)
  for (int i = 0; i < 4; ++i) {
    const float sum = args.whole_numbers
                          ? static_cast<float>(static_cast<std::int32_t>(sums.word[i]))
                          : float_of_bits(sums.word[i]);
    float total = sum * x_scale * read_as<float>(m.scales + (first + i) * m.scale_pitch);
    if (args.part.bias != nullptr) total += args.part.bias[first + i];
    all.word[i] = bits_of_float(total + float_of_bits(before.word[i]));
  }
  reinterpret_cast<Sixteen*>(args.part.out)[at] = all;
}

inline void scale_sums(const ScaleSumsArgs& args, Stream stream) {
  start(&scale_sums_kernel, whole_parts(args.rows * (args.part.matrix.out / 4), kEightBitThreads),
        1, 1, kEightBitThreads, stream, args);
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// Products of some rows with quantised weights, by tensor cores: too many rows to stream the
// weights once for each few of them, too few for decoding all of them into memory first to pay.
//
// A block computes 64 outputs of up to 64 rows. Its two halves take turns with pieces of 64 inputs:
// the weights' codes are decoded into shared memory as f16 numbers, where ldmatrix finds them, and
// what the halves have summed up is added at the end. Weights are the left operand, sixteen outputs
// a warp, so that few rows waste nothing. The maps from lanes to elements are those of
// attention_tensor.cuh.
#pragma once

#include "backends/cuda/kernels/device.cuh"
#include "backends/cuda/kernels/eight_bit_tiles.cuh"
#include "backends/cuda/kernels/tensor_tiles.cuh"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kTileOutputs = 64, kTileDepth = 64;
inline constexpr int kHalfThreads = 128, kHalves = 2;
inline constexpr int kTilePitch = kTileDepth + kPadding;

/// Inputs [begin, begin + 64) of outputs [first, first + 64) as f16; zeros where there are none.
__device__ inline void stage_weights(const Matrix& m, std::int64_t first, std::int64_t begin,
                                     int thread, std::uint16_t (*to)[kTilePitch]) {
  constexpr int kEighths = kTileDepth / 8;
  const std::int64_t all = m.units() * 4;
  for (int i = thread; i < kTileOutputs * kEighths; i += kHalfThreads) {
    const int row = i / kEighths, eighth = i % kEighths;
    Sixteen packed = {};
    if (first + row < m.out && begin / 8 + eighth < all) {
      float values[8];
      decode_eight(m, first + row, begin / 8 + eighth, values);
      RIDGEPOINT_UNROLL(4)
      for (int w = 0; w < 4; ++w) packed.word[w] = two_halves(values[2 * w], values[2 * w + 1]);
    }
    *reinterpret_cast<Sixteen*>(&to[row][eighth * 8]) = packed;
  }
}

/// The same inputs of the rows, which are f16 already.
template <int Rows>
__device__ void stage_rows(const SomeRowsArgs& args, std::int64_t first, std::int64_t begin,
                           int thread, std::uint16_t (*to)[kTilePitch]) {
  constexpr int kEighths = kTileDepth / 8;
  const std::int64_t pitch = args.x.units * kUnit;
  for (int i = thread; i < Rows * kEighths; i += kHalfThreads) {
    const int row = i / kEighths, eighth = i % kEighths;
    Sixteen packed = {};
    if (first + row < args.rows && begin + eighth * 8 < pitch) {
      packed = load_sixteen(static_cast<const std::uint16_t*>(args.x.numbers) +
                            (first + row) * pitch + begin + eighth * 8);
    }
    *reinterpret_cast<Sixteen*>(&to[row][eighth * 8]) = packed;
  }
}

template <int Rows>
__global__ void some_rows_kernel(SomeRowsArgs args) {
  constexpr int kTiles = Rows / 8;
  __shared__ __align__(16) std::uint16_t weights[kHalves][kTileOutputs][kTilePitch];
  __shared__ __align__(16) std::uint16_t rows[kHalves][Rows][kTilePitch];
  const int half = static_cast<int>(threadIdx.x) / kHalfThreads;
  const int thread = static_cast<int>(threadIdx.x) % kHalfThreads;
  const int warp = thread / kWarp, lane = thread % kWarp;
  const Matrix& m = args.part.matrix;
  const std::int64_t first_output = static_cast<std::int64_t>(blockIdx.x) * kTileOutputs;
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.y) * Rows;
  const std::int64_t pieces = whole_parts(m.units() * kUnit, kTileDepth);
  float sums[kTiles][4] = {};
  for (std::int64_t turn = 0; turn < whole_parts(pieces, kHalves); ++turn) {
    const std::int64_t begin = (turn * kHalves + half) * kTileDepth;  // may lie past the end
    __syncthreads();  // the pieces before have been used
    stage_weights(m, first_output, begin, thread, weights[half]);
    stage_rows<Rows>(args, first_row, begin, thread, rows[half]);
    __syncthreads();
    RIDGEPOINT_UNROLL(4)
    for (int step = 0; step < kTileDepth / 16; ++step) {
      std::uint32_t a[4];
      load_tiles<false>(
          a, &weights[half][warp * 16 + lane % 8 + lane / 8 % 2 * 8][step * 16 + lane / 16 * 8]);
      RIDGEPOINT_UNROLL(4)
      for (int pair = 0; pair < kTiles; pair += 2) {
        std::uint32_t b[4];
        load_tiles<false>(
            b, &rows[half][pair * 8 + lane % 8 + lane / 16 * 8][step * 16 + lane / 8 % 2 * 8]);
        multiply_tile(sums[pair], a, b);
        multiply_tile(sums[pair + 1], a, b + 2);
      }
    }
  }
  // The second half leaves its sums where weights were.
  static_assert(sizeof weights >= sizeof(float) * kTileOutputs * Rows);
  float* const partial = reinterpret_cast<float*>(&weights[0][0][0]);
  const auto place = [&](int tile, int i) {
    const int output = warp * 16 + lane / 4 + i / 2 * 8, row = tile * 8 + lane % 4 * 2 + i % 2;
    return output * Rows + row;
  };
  __syncthreads();
  if (half == 1) {
    RIDGEPOINT_UNROLL(8)
    for (int tile = 0; tile < kTiles; ++tile) {
      for (int i = 0; i < 4; ++i) partial[place(tile, i)] = sums[tile][i];
    }
  }
  __syncthreads();
  if (half == 1) return;
  RIDGEPOINT_UNROLL(8)
  for (int tile = 0; tile < kTiles; ++tile) {
    RIDGEPOINT_UNROLL(4)
    for (int i = 0; i < 4; ++i) {
      const int at = place(tile, i);
      const std::int64_t output = first_output + at / Rows, row = first_row + at % Rows;
      if (output >= m.out || row >= args.rows) continue;
      float total = sums[tile][i] + partial[at];
      if (args.part.bias != nullptr) total += args.part.bias[output];
      if (args.part.addend != nullptr) total += args.part.addend[row * m.out + output];
      args.part.out[row * m.out + output] = total;
    }
  }
}

inline void some_rows(const SomeRowsArgs& args, Stream stream) {
  if (args.x.packing == Packing::e4m3) return some_rows_of_codes<TileType::e4m3>(args, stream);
  if (args.x.packing == Packing::row_codes) return some_rows_of_codes<TileType::int8>(args, stream);
  const auto go = [&](void (*kernel)(SomeRowsArgs), int rows) {
    start(kernel, whole_parts(args.part.matrix.out, kTileOutputs), whole_parts(args.rows, rows), 1,
          kHalves * kHalfThreads, stream, args);
  };
  if (args.rows <= 16) return go(&some_rows_kernel<16>, 16);
  if (args.rows <= 32) return go(&some_rows_kernel<32>, 32);
  go(&some_rows_kernel<64>, 64);
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

// Products of some rows with weights of eight bits and one scale an output, by tensor cores of
// eight bits: activations are E4M3 numbers or signed bytes with one scale a row (eight_bits.cuh),
// so that nothing is decoded, and the sums are scaled as they are stored.
//
// The eight warps of a block form two or four parts, which take turns with pieces of the inputs: of
// 64 outputs, or of 32 where there would be too few blocks for the device. The next piece's weights
// and rows are copied while this one's are multiplied (copies.cuh). What the parts have summed up
// is added at the end.
#pragma once

#include "backends/cuda/kernels/copies.cuh"
#include "backends/cuda/kernels/device.cuh"
#include "backends/cuda/kernels/tensor_tiles.cuh"
#include "backends/cuda/product_plan.h"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

inline constexpr int kCodeWarps = 8, kCodeStages = 2;
inline constexpr int kCodeThreads = kCodeWarps * kWarp;
inline constexpr int kCodeBoundary = 16;  // bytes that put neighbouring rows in different banks

/// Shapes of a block with so many rows and parts.
template <int Rows, int Parts>
struct CodeTile {
  static constexpr int kOutputs = code_tile_outputs(Parts);
  static constexpr int kDepth = 256 / Parts;  ///< bytes of inputs, a piece
  static constexpr int kPitch = kDepth + kCodeBoundary;
  static constexpr int kPartThreads = kCodeThreads / Parts;
  static constexpr int kPartBytes = (kOutputs + Rows) * kPitch;  ///< weights, then rows
  static constexpr int kRoomBytes = kCodeStages * Parts * kPartBytes;
  static_assert(kRoomBytes >= (Parts - 1) * kOutputs * Rows * 4);
};

/// Starts copying one piece of the block's weights and rows; zeros where there are none.
template <int Rows, int Parts>
__device__ void fetch_codes(const SomeRowsArgs& args, std::int64_t first_output,
                            std::int64_t first_row, std::int64_t begin, int thread,
                            std::uint8_t* to) {
  using Tile = CodeTile<Rows, Parts>;
  constexpr int kChunks = Tile::kDepth / 16;
  const Matrix& m = args.part.matrix;
  const std::int64_t length = m.units() * kUnit;
  const auto* const x = static_cast<const std::uint8_t*>(args.x.numbers);
  RIDGEPOINT_UNROLL(4)
  for (int c = thread; c < (Tile::kOutputs + Rows) * kChunks; c += Tile::kPartThreads) {
    const int line = c / kChunks, within = c % kChunks * 16;
    const std::int64_t at = begin + within;
    const bool is_weight = line < Tile::kOutputs;
    const std::int64_t row = is_weight ? first_output + line : first_row + line - Tile::kOutputs;
    const bool there = at < length && row < (is_weight ? m.out : args.rows);
    const std::uint8_t* const from = is_weight ? m.codes + row * m.code_pitch : x + row * length;
    copy_sixteen(to + line * Tile::kPitch + within, there ? from + at : x, there);
  }
}

template <TileType T, int Rows, int Parts>
__global__ void __launch_bounds__(kCodeThreads) some_rows_of_codes_kernel(SomeRowsArgs args) {
  using Tile = CodeTile<Rows, Parts>;
  constexpr int kTiles = Rows / 8;
  std::uint8_t* const room = launch_room();
  const int part = static_cast<int>(threadIdx.x) / Tile::kPartThreads;
  const int thread = static_cast<int>(threadIdx.x) % Tile::kPartThreads;
  const int warp = thread / kWarp, lane = thread % kWarp;
  const Matrix& m = args.part.matrix;
  const std::int64_t first_output = static_cast<std::int64_t>(blockIdx.x) * Tile::kOutputs;
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.y) * Rows;
  const std::int64_t turns = whole_parts(m.units() * kUnit, Tile::kDepth * Parts);
  const auto place_of = [&](int stage) { return room + (stage * Parts + part) * Tile::kPartBytes; };
  const auto fetch = [&](int stage, std::int64_t turn) {
    if (turn < turns) {
      fetch_codes<Rows, Parts>(args, first_output, first_row, (turn * Parts + part) * Tile::kDepth,
                               thread, place_of(stage));
    }
    commit_copies();  // of nothing too, so that there is always a next group
  };
  std::uint32_t sums[kTiles][4] = {};
  fetch(0, 0);
  int stage = 0;
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    fetch(1 - stage, turn + 1);
    wait_for_copies<1>();
    __syncthreads();
    const std::uint8_t* const weights = place_of(stage);
    const std::uint8_t* const rows = weights + Tile::kOutputs * Tile::kPitch;
    stage = 1 - stage;
    RIDGEPOINT_UNROLL(4)
    for (int step = 0; step < Tile::kDepth / 32; ++step) {
      // As tiles of 16-bit numbers, which hold two neighbours of eight bits each.
      const auto at = [&](const std::uint8_t* lines, int line, int byte) {
        return reinterpret_cast<const std::uint16_t*>(lines + line * Tile::kPitch + step * 32 +
                                                      byte);
      };
      std::uint32_t a[4];
      load_tiles<false>(a, at(weights, warp * 16 + lane % 8 + lane / 8 % 2 * 8, lane / 16 * 16));
      RIDGEPOINT_UNROLL(4)
      for (int pair = 0; pair < kTiles; pair += 2) {
        std::uint32_t b[4];
        load_tiles<false>(b, at(rows, pair * 8 + lane % 8 + lane / 16 * 8, lane / 8 % 2 * 16));
        multiply_codes<T>(sums[pair], a, b);
        multiply_codes<T>(sums[pair + 1], a, b + 2);
      }
    }
    __syncthreads();  // the stage has been used
  }
  // All parts but the first leave their sums where codes were.
  auto* const partial = reinterpret_cast<std::uint32_t*>(room);
  const auto place = [&](int from, int tile, int i) {
    const int output = warp * 16 + lane / 4 + i / 2 * 8, row = tile * 8 + lane % 4 * 2 + i % 2;
    return ((from - 1) * Tile::kOutputs + output) * Rows + row;
  };
  if (part > 0) {
    RIDGEPOINT_UNROLL(8)
    for (int tile = 0; tile < kTiles; ++tile) {
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) partial[place(part, tile, i)] = sums[tile][i];
    }
  }
  __syncthreads();
  if (part > 0) return;
  RIDGEPOINT_UNROLL(8)
  for (int tile = 0; tile < kTiles; ++tile) {
    RIDGEPOINT_UNROLL(4)
    for (int i = 0; i < 4; ++i) {
      const std::int64_t output = first_output + warp * 16 + lane / 4 + i / 2 * 8;
      const std::int64_t row = first_row + tile * 8 + lane % 4 * 2 + i % 2;
      if (output >= m.out || row >= args.rows) continue;
      float total = 0;
      if constexpr (T == TileType::int8) {
        auto whole = static_cast<std::int32_t>(sums[tile][i]);
        for (int p = 1; p < Parts; ++p) {
          whole += static_cast<std::int32_t>(partial[place(p, tile, i)]);
        }
        total = static_cast<float>(whole);
      } else {
        total = float_of_bits(sums[tile][i]);
        for (int p = 1; p < Parts; ++p) total += float_of_bits(partial[place(p, tile, i)]);
      }
      total *= args.x.scales[row] * read_as<float>(m.scales + output * m.scale_pitch);
      if (args.part.bias != nullptr) total += args.part.bias[output];
      if (args.part.addend != nullptr) total += args.part.addend[row * m.out + output];
      args.part.out[row * m.out + output] = total;
    }
  }
}

template <TileType T, int Rows, int Parts>
void start_some_rows_of_codes(const SomeRowsArgs& args, Stream stream) {
  using Tile = CodeTile<Rows, Parts>;
  start(&some_rows_of_codes_kernel<T, Rows, Parts>,
        whole_parts(args.part.matrix.out, Tile::kOutputs), whole_parts(args.rows, Rows), 1,
        kCodeThreads, stream, args, Tile::kRoomBytes);
}

template <TileType T, int Rows>
void start_some_rows_of_codes(const SomeRowsArgs& args, Stream stream) {
  if (args.parts == 4) return start_some_rows_of_codes<T, Rows, 4>(args, stream);
  start_some_rows_of_codes<T, Rows, 2>(args, stream);
}

/// Rows are packed as the weights' type wants them.
template <TileType T>
void some_rows_of_codes(const SomeRowsArgs& args, Stream stream) {
  if (args.rows <= 16) return start_some_rows_of_codes<T, 16>(args, stream);
  if (args.rows <= 32) return start_some_rows_of_codes<T, 32>(args, stream);
  start_some_rows_of_codes<T, 64>(args, stream);
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

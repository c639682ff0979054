// Which warp computes which outputs of a product of few rows, and how many warps share the inputs
// of one: index maps, for kernels and tests alike.
#pragma once

#include "backends/cuda/kernels/launches.h"

namespace ridgepoint::cuda {

inline constexpr int kProductWarps = 8;  // a block

/// Outputs that a block computes, of one part; of a gated product a warp's two outputs are one.
RIDGEPOINT_BOTH_SIDES std::int64_t outputs_a_block(const FewRowsArgs& args) {
  return kProductWarps / args.split * (args.gated ? 1 : kOutputsAWarp);
}

struct OutputPlace {
  int part;
  std::int64_t first;  ///< of kOutputsAWarp outputs, or the only one; may lie past the last
  int member;          ///< of the warps that share these outputs
};

RIDGEPOINT_BOTH_SIDES OutputPlace output_place(const FewRowsArgs& args, std::int64_t block,
                                               int warp) {
  const std::int64_t a_block = outputs_a_block(args);
  int part = 0;
  while (!args.gated && part + 1 < args.count) {
    const std::int64_t blocks = whole_parts(args.parts[part].matrix.out, a_block);
    if (block < blocks) break;
    block -= blocks;
    ++part;
  }
  const int each = args.gated ? 1 : kOutputsAWarp;
  return {part, block * a_block + warp / args.split * each, warp % args.split};
}

RIDGEPOINT_BOTH_SIDES std::int64_t product_blocks(const FewRowsArgs& args) {
  std::int64_t blocks = 0;
  for (int p = 0; p < (args.gated ? 1 : args.count); ++p) {
    blocks += whole_parts(args.parts[p].matrix.out, outputs_a_block(args));
  }
  return blocks;
}

/// Outputs whose decoded weights, `row_bytes` each, are multiplied at once: so many that they take
/// about `bytes`, and that the next ones' results begin on a boundary of 256 bytes.
inline std::int64_t decoded_outputs(std::int64_t outputs, std::int64_t row_bytes,
                                    std::int64_t bytes) {
  constexpr std::int64_t kOutputs = 64;
  const std::int64_t most = bytes / (kOutputs * (row_bytes < 1 ? 1 : row_bytes)) * kOutputs;
  return smaller_of(most < kOutputs ? kOutputs : most, outputs);
}

/// Outputs of a block whose warps share the inputs in so many parts (eight_bit_tiles.cuh).
RIDGEPOINT_BOTH_SIDES constexpr int code_tile_outputs(int parts) {
  return 128 / parts;
}
/// Parts, so that there is a block for each multiprocessor if that can be.
RIDGEPOINT_BOTH_SIDES int choose_code_parts(std::int64_t outputs, std::int64_t multiprocessors) {
  return whole_parts(outputs, code_tile_outputs(2)) < multiprocessors ? 4 : 2;
}

/// Enough warps to keep every multiprocessor loading: about kWantedWarps on each, as long as every
/// lane has something to load.
inline constexpr std::int64_t kWantedWarps = 24;
RIDGEPOINT_BOTH_SIDES int choose_split(std::int64_t outputs, std::int64_t in, Format format,
                                       std::int64_t multiprocessors) {
  const std::int64_t pieces = whole_parts(in, lane_inputs(format));
  int split = 1;
  while (split < kProductWarps &&
         outputs / kOutputsAWarp * split < kWantedWarps * multiprocessors &&
         pieces >= 2 * split * 32) {
    split *= 2;
  }
  return split;
}

}  // namespace ridgepoint::cuda

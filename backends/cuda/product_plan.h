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

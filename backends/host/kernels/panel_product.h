// Products of many rows over panels of bf16 (panels.h), with sums in f32. `L` packs the panels,
// `Block` multiplies a block of at most 32 rows by 32 outputs; AMX's tiles, its emulation and
// vdpbf16ps are such blocks, and everything around them is the same code.
//
// The inputs are taken in slices. Of each the activations of up to kPanelRows rows are packed once,
// then a group of outputs at a time is decoded once for all those rows and stays in a cache while
// the activations pass by, 32 rows at a time. How deep a slice is and how many outputs a group has
// is the block's to say (kDepth, kGroupOutputs): every further slice reads and writes all outputs
// again, every further group reads all activations. Each thread packs all activations of its own:
// they cost about as much as the product with some tens of outputs.
//
// Bounds, for inputs x and weights w as they are stored, u = 2^-8 (half the spacing of bf16 over
// the smallest value with that spacing) and T = sum |w| |x| over the inputs:
//   bf16 weights               u T          x is rounded
//   f16 weights                2^-15 T      three products of the four parts; rests of rests go
//   quantised weights          (2 u + u^2) T   x = scale * code and w are rounded
// and the rounding of f32 sums, below in * 2^-23 T. Activations beyond 3.39e38 become infinite;
// with f16 weights an infinite activation or weight gives what is not a number.
#pragma once

#include <array>
#include <span>

#include "backends/host/kernels/panels.h"
#include "backends/host/kernels/rows_q4_k.h"
#include "backends/host/kernels/rows_q6_k.h"
#include "backends/host/kernels/rows_q8_0.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kPanelRows = 512;
inline constexpr std::int64_t kBlockOutputs = 32, kBlockHeight = 32;

/// Where the operands of one block lie: tile (t, step) of a factor at t * stride + step *
/// kTileBytes.
struct BlockPanels {
  const std::byte* inputs = nullptr;
  const std::byte* weights = nullptr;
  std::int64_t stride = 0;  ///< from one row of tiles to the next
  std::int64_t steps = 0;
};

/// Plain weights as panels.
template <class L, Type type>
class PlainPanels {
 public:
  static constexpr bool kSplit = type == Type::f16;
  explicit PlainPanels(const PlainMatrix& weight) : weight_(weight) {}

  [[nodiscard]] std::int64_t in() const { return weight_.in; }
  [[nodiscard]] std::int64_t out() const { return weight_.out; }
  void pack(std::int64_t o, std::int64_t height, std::int64_t i, std::int64_t count,
            std::byte* tiles, std::byte* rests) const {
    for (std::int64_t at = 0; at < count; at += kStepInputs) {
      const std::int64_t offset = at / kStepInputs * kTileBytes;
      pack_plain_tile<L, type>(weight_, o, height, i + at, std::min(kStepInputs, count - at),
                               tiles + offset, kSplit ? rests + offset : nullptr);
    }
  }

 private:
  const PlainMatrix& weight_;
};

/// Quantised weights as panels; a block of theirs is a tile.
template <class L, TileForm form>
class TiledPanels {
 public:
  static constexpr bool kSplit = false;
  explicit TiledPanels(const TiledMatrix& weight)
      : weight_(weight), blocks_a_group_(weight.group / kBlock) {}

  [[nodiscard]] std::int64_t in() const { return weight_.in; }
  [[nodiscard]] std::int64_t out() const { return weight_.out; }
  void pack(std::int64_t o, std::int64_t, std::int64_t i, std::int64_t count, std::byte* tiles,
            std::byte*) const {
    const std::int64_t first = o / kTileRows * weight_.blocks(), groups = first / blocks_a_group_;
    for (std::int64_t b = i / kBlock; b * kBlock < i + count; ++b) {
      BlockToPairs<L, form>::pack(
          weight_.codes + (first + b) * weight_.code_bytes_per_block,
          weight_.scales + (groups + b / blocks_a_group_) * weight_.scale_bytes_per_group,
          b % blocks_a_group_, tiles);
      tiles += kTileBytes;
    }
  }

 private:
  const TiledMatrix& weight_;
  std::int64_t blocks_a_group_;
};

/// The same of blocks that lie where a file has them: a step of sixteen rows at a time by way of
/// the tiles that they become.
template <class L, Type type>
class BlockPanelsOfRows {
 public:
  static constexpr bool kSplit = false;
  explicit BlockPanelsOfRows(const BlockMatrix& weight) : weight_(weight) {}

  [[nodiscard]] std::int64_t in() const { return weight_.in; }
  [[nodiscard]] std::int64_t out() const { return weight_.out; }
  void pack(std::int64_t o, std::int64_t height, std::int64_t i, std::int64_t count,
            std::byte* tiles, std::byte*) const {
    alignas(64) std::uint8_t codes[Rows::kStepBlocks * Rows::kCodeBytes];
    alignas(64) std::byte scales[Rows::kStepBlocks / Rows::kGroupBlocks * Rows::kScaleBytes];
    const std::int64_t end = (i + count) / kBlock;
    for (std::int64_t b = i / kBlock; b < end; b += Rows::kStepBlocks) {
      const std::int64_t blocks = std::min(Rows::kStepBlocks, end - b);
      put_blocks<L, type>(weight_, o, height, b, blocks, codes, scales);
      for (std::int64_t at = 0; at < blocks; ++at, tiles += kTileBytes) {
        BlockToPairs<L, Rows::kForm>::pack(codes + at * Rows::kCodeBytes,
                                           scales + at / Rows::kGroupBlocks * Rows::kScaleBytes,
                                           at % Rows::kGroupBlocks, tiles);
      }
    }
  }

 private:
  using Rows = RowsOf<L, type>;

  const BlockMatrix& weight_;
};

/// Rows of activations as panels.
template <class L>
struct FloatPanels {
  const FloatRows& input;
  void pack(std::int64_t r, std::int64_t i, std::int64_t count, std::byte* row,
            std::byte* rest) const {
    const float* const x = input.data + r * input.stride + i;
    if (count == kStepInputs) {
      pack_inputs<L>(L::load(x), L::load(x + kLanes), row, rest);
    } else {
      float padded[kStepInputs] = {};
      std::copy_n(x, count, padded);
      pack_inputs<L>(L::load(padded), L::load(padded + kLanes), row, rest);
    }
  }
};

template <class L>
struct QuantisedPanels {
  const QuantisedRows& input;
  void pack(std::int64_t r, std::int64_t i, std::int64_t, std::byte* row, std::byte* rest) const {
    const std::int8_t* const codes = input.codes + r * input.code_stride + i;
    const auto scale = L::set1(input.scales[r * input.scale_stride + i / kBlock]);
    pack_inputs<L>(L::mul(L::load_s8(codes), scale), L::mul(L::load_s8(codes + kLanes), scale), row,
                   rest);
  }
};

template <class L, class Block, class Weights, class Inputs>
class PanelProduct {
 public:
  PanelProduct(const Weights& weights, const Inputs& inputs, const ProductTarget& target)
      : weights_(weights), inputs_(inputs), target_(target) {}

  /// output[r, o] for r < rows and o of [begin, end), begin a multiple of 16 for tiled weights.
  void run(std::int64_t rows, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = 0; r < rows; r += kMostRows) {
      const std::int64_t height = std::min(kMostRows, rows - r);
      for (std::int64_t i = 0; i < weights_.in(); i += Block::kDepth) {
        const std::int64_t depth = std::min(Block::kDepth, weights_.in() - i);
        pack_rows(r, height, i, depth);
        for (std::int64_t o = begin; o < end; o += kMostOutputs) {
          outputs(r, height, i, depth, o, std::min(kMostOutputs, end - o));
        }
      }
    }
  }

 private:
  static constexpr bool kSplit = Weights::kSplit;
  static constexpr int kParts = kSplit ? 2 : 1;
  static constexpr std::int64_t kMostRows = kPanelRows / kParts;
  static constexpr std::int64_t kMostOutputs =
      std::max(kBlockOutputs, Block::kGroupOutputs / kParts);
  static constexpr std::int64_t kStride = Block::kDepth / kStepInputs * kTileBytes;
  static constexpr std::int64_t kInputPart = kMostRows / kTileHeight * kStride;
  static constexpr std::int64_t kWeightPart = kMostOutputs / kTileHeight * kStride;

  void pack_rows(std::int64_t first, std::int64_t height, std::int64_t i, std::int64_t depth) {
    const std::int64_t padded = (height + kTileHeight - 1) / kTileHeight * kTileHeight;
    for (std::int64_t r = 0; r < padded; ++r) {
      std::byte* row = activations_ + r / kTileHeight * kStride + r % kTileHeight * 64;
      for (std::int64_t at = 0; at < depth; at += kStepInputs, row += kTileBytes) {
        if (r < height) {
          inputs_.pack(first + r, i + at, std::min(kStepInputs, depth - at), row,
                       kSplit ? row + kInputPart : nullptr);
          continue;
        }
        for (int part = 0; part < kParts; ++part) std::memset(row + part * kInputPart, 0, 64);
      }
    }
  }

  void outputs(std::int64_t first, std::int64_t height, std::int64_t i, std::int64_t depth,
               std::int64_t o, std::int64_t width) {
    for (std::int64_t at = 0; at < width; at += kTileHeight) {
      std::byte* const tiles = panel_ + at / kTileHeight * kStride;
      weights_.pack(o + at, std::min(kTileHeight, width - at), i, depth, tiles,
                    kSplit ? tiles + kWeightPart : nullptr);
    }
    const ProductTarget target = i == 0 ? target_ : target_.onto_output();
    const std::int64_t steps = (depth + kStepInputs - 1) / kStepInputs;
    for (std::int64_t r = 0; r < height; r += kBlockHeight) {
      const std::int64_t rows = std::min(kBlockHeight, height - r);
      for (std::int64_t at = 0; at < width; at += kBlockOutputs) {
        for (std::int64_t row = 0; row < rows; ++row) {
          for (std::int64_t tile = at; tile < std::min(width, at + kBlockOutputs);
               tile += kTileHeight) {
            prefetch_target<L>(target, first + r + row, o + tile);
          }
        }
        block(r, rows, at, std::min(kBlockOutputs, width - at), steps);
        for (std::int64_t row = 0; row < rows; ++row) {
          for (std::int64_t tile = at; tile < std::min(width, at + kBlockOutputs);
               tile += kTileHeight) {
            store_product<L>(target, first + r + row, o + tile,
                             L::load(sums_ + row * kBlockOutputs + tile - at),
                             std::min(kTileHeight, width - tile));
          }
        }
      }
    }
  }

  /// sums_ = activations [r, r + rows) by the group's outputs [at, at + width).
  void block(std::int64_t r, std::int64_t rows, std::int64_t at, std::int64_t width,
             std::int64_t steps) {
    std::array<BlockPanels, kSplit ? 3 : 1> factors;
    factors.fill({.inputs = activations_ + r / kTileHeight * kStride,
                  .weights = panel_ + at / kTileHeight * kStride,
                  .stride = kStride,
                  .steps = steps});
    if constexpr (kSplit) {
      factors[1].weights += kWeightPart;
      factors[2].inputs += kInputPart;
    }
    block_.multiply(factors, rows > kTileHeight, width > kTileHeight, sums_);
  }

  const Weights& weights_;
  const Inputs& inputs_;
  const ProductTarget& target_;
  Block block_;
  alignas(64) float sums_[kBlockHeight * kBlockOutputs];
  alignas(64) std::byte panel_[kParts * kWeightPart];
  alignas(64) std::byte activations_[kParts * kInputPart];
};

// At the most 1.3 MiB of stack: nothing to allocate, hence nothing that can fail.
template <class L, class Block, class Weights, class Inputs>
void run_panels(const Weights& weights, const Inputs& inputs, std::int64_t rows, std::int64_t begin,
                std::int64_t end, const ProductTarget& target) {
  PanelProduct<L, Block, Weights, Inputs> product(weights, inputs, target);
  product.run(rows, begin, end);
}

/// Products of bf16 weights.
template <class L, class Block>
void panel_bf16_product(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  run_panels<L, Block>(PlainPanels<L, Type::bf16>(weight), FloatPanels<L>{input}, rows, begin, end,
                       target);
}

/// Products of f16 or bf16 weights.
template <class L, class Block>
void panel_plain_product(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                         std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  if (weight.type == Type::bf16) {
    panel_bf16_product<L, Block>(weight, input, rows, begin, end, target);
  } else {
    run_panels<L, Block>(PlainPanels<L, Type::f16>(weight), FloatPanels<L>{input}, rows, begin, end,
                         target);
  }
}

template <class L, class Block>
void panel_block_product(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                         std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  with_block_type(weight.type, [&](auto type) {
    run_panels<L, Block>(BlockPanelsOfRows<L, type()>(weight), QuantisedPanels<L>{input}, rows,
                         begin * kTileRows, std::min(end * kTileRows, weight.out), target);
  });
}

/// Products of quantised weights; false where the form has no way to become pairs.
template <class L, class Block>
bool panel_tiled_product(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                         std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const QuantisedPanels<L> inputs{input};
  const auto run = [&](const auto& weights) {
    run_panels<L, Block>(weights, inputs, rows, begin * kTileRows,
                         std::min(end * kTileRows, weight.out), target);
    return true;
  };
  switch (weight.form) {
    case TileForm::signed8:
      return run(TiledPanels<L, TileForm::signed8>(weight));
    case TileForm::nibble:
      return run(TiledPanels<L, TileForm::nibble>(weight));
    case TileForm::five:
      return run(TiledPanels<L, TileForm::five>(weight));
    case TileForm::nibble_k:
      return run(TiledPanels<L, TileForm::nibble_k>(weight));
    case TileForm::six:
      return run(TiledPanels<L, TileForm::six>(weight));
    default:
      return false;
  }
}

}  // namespace ridgepoint::host

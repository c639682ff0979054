// Products of rows of blocks with quantised activations, from where a file has them (BlockMatrix).
//
// Few activations: rows of weights are read side by side, a step of each at a time (RowsOf); sums
// stay apart in lanes until a row ends. More: some tiles at a time are put in the order of their
// form, into a scratch that stays in the second-level cache, and multiplied from there
// (tiled_product.h): that order spares every activation sums across lanes, and most of the
// multiplications with scales.
#pragma once

#include "backends/host/kernels/rows_q4_k.h"
#include "backends/host/kernels/rows_q6_k.h"
#include "backends/host/kernels/rows_q8_0.h"
#include "backends/host/kernels/tiled_product.h"

namespace ridgepoint::host {

/// Blocks in the order of their form: a slice of the inputs of some tiles.
template <class V, Type type>
class TileScratch {
 public:
  using Rows = RowsOf<V, type>;
  // Two tiles of this many inputs, more of fewer.
  static constexpr std::int64_t kMostBlocks = 352;

  static std::int64_t tiles_of(std::int64_t blocks) {
    return std::clamp<std::int64_t>(2 * kMostBlocks / blocks, 2, kBlockTiles);
  }

  /// Blocks [from, from + blocks) of tiles [first, last) as a matrix of their own.
  TiledMatrix fill(const BlockMatrix& weight, std::int64_t first, std::int64_t last,
                   std::int64_t from, std::int64_t blocks) {
    put_tiles<V, type>(weight, first, last, from, blocks, codes_, scales_);
    return {.form = Rows::kForm,
            .out = std::min(last * kTileRows, weight.out) - first * kTileRows,
            .in = blocks * kBlock,
            .codes = codes_,
            .scales = scales_,
            .code_bytes_per_block = Rows::kCodeBytes,
            .scale_bytes_per_group = Rows::kScaleBytes,
            .group = Rows::kGroupBlocks * kBlock};
  }

 private:
  static_assert(kMostBlocks % Rows::kGroupBlocks == 0);
  alignas(64) std::uint8_t codes_[2 * kMostBlocks * Rows::kCodeBytes];
  alignas(64) std::byte scales_[2 * kMostBlocks / Rows::kGroupBlocks * Rows::kScaleBytes];
};

template <class V, Type type>
class BlockRowsProduct {
 public:
  using Rows = RowsOf<V, type>;
  using Scratch = TileScratch<V, type>;

  BlockRowsProduct(const BlockMatrix& weight, const QuantisedRows& input,
                   const ProductTarget& target)
      : weight_(weight),
        input_(input),
        target_(target),
        blocks_(weight.blocks()),
        row_bytes_(bytes_of<Rows>(blocks_)) {}

  /// C activations by outputs [begin, end): rows of weights that lie far apart, each a stream
  /// without a gap for what the hardware fetches ahead. Rows that follow each other are a third
  /// slower from memory.
  template <int C>
  void few(std::int64_t begin, std::int64_t end) const {
    constexpr int kRows = C == 1 ? V::kBlockStreams : V::kFewStreams;
    const std::int64_t apart = (end - begin) / kRows;
    for (std::int64_t o = begin; o < begin + apart; ++o) rows<kRows, C>(o, apart);
    for (std::int64_t o = begin + kRows * apart; o < end; ++o) rows<1, C>(o, 0);
  }

  void many(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    Scratch scratch;
    const std::int64_t most = std::min(blocks_, Scratch::kMostBlocks);
    const std::int64_t tiles = Scratch::tiles_of(most);
    for (std::int64_t first = begin; first < end; first += tiles) {
      const std::int64_t last = std::min(first + tiles, end);
      for (std::int64_t from = 0; from < blocks_; from += most) {
        const std::int64_t count = std::min(most, blocks_ - from);
        const TiledMatrix slice = scratch.fill(weight_, first, last, from, count);
        const QuantisedRows input{.codes = input_.codes + from * kBlock,
                                  .scales = input_.scales + from,
                                  .sums = input_.sums + 2 * from,
                                  .code_stride = input_.code_stride,
                                  .scale_stride = input_.scale_stride};
        const ProductTarget target = columns(first * kTileRows, from > 0);
        TiledProduct<V, Rows::kForm>(slice, input, target)
            .group(rows, 0, last - first, row(last * kTileRows));
      }
    }
  }

 private:
  [[nodiscard]] const std::uint8_t* row(std::int64_t o) const {
    return weight_.data + o * row_bytes_;
  }

  /// The target from column `o` on; of a slice that is not the first, what is there is added.
  [[nodiscard]] ProductTarget columns(std::int64_t o, bool again) const {
    ProductTarget target = target_;
    target.output += o;
    if (again) return target.onto_output();
    if (target.bias != nullptr) target.bias += o;
    if (target.addend != nullptr) target.addend += o;
    return target;
  }

  /// R rows of weights, `apart` rows apart, by C activations.
  template <int R, int C>
  void rows(std::int64_t o, std::int64_t apart) const {
    typename V::F sums[R][C];
    for (auto& of_row : sums) {
      for (auto& sum : of_row) sum = V::zero();
    }
    const std::int64_t stride = apart * row_bytes_;
    const std::int64_t ahead_bytes = weight_.walk.ahead_bytes;
    const std::uint8_t* step = row(o);
    std::int64_t b = 0;
    for (; b + Rows::kStepBlocks <= blocks_; b += Rows::kStepBlocks, step += Rows::kStepBytes) {
      typename Rows::template Inputs<C> inputs;
      inputs.load(input_, b);
      const std::uint8_t* from = step + ahead_bytes;
      for (int r = 0; r < R; ++r, from += stride) {
        for (std::int64_t line = 0; line < Rows::kStepBytes - kRest; line += kLine) {
          V::prefetch(from + line);
        }
      }
      Rows::template add<R, C>(step, stride, inputs, sums);
    }
    if constexpr (Rows::kOdd) {
      if (b < blocks_) {
        typename Rows::template Inputs<C> inputs;
        inputs.load_odd(input_, b);
        Rows::template add_odd<R, C>(step, stride, inputs, sums);
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int c = 0; c < C; ++c) store_one<V>(target_, c, o + r * apart, V::sum(sums[r][c]));
    }
  }

  static constexpr std::int64_t kLine = 64;
  static constexpr std::int64_t kRest = 8;  // of a step that is not worth asking for

  const BlockMatrix& weight_;
  const QuantisedRows& input_;
  const ProductTarget& target_;
  std::int64_t blocks_, row_bytes_;
};

template <class V, Type type>
void block_product_of(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                      std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const BlockRowsProduct<V, type> product(weight, input, target);
  const std::int64_t first = begin * kTileRows, last = std::min(end * kTileRows, weight.out);
  switch (rows) {
    case 1:
      return product.template few<1>(first, last);
    case 2:
      return product.template few<2>(first, last);
    case 3:
      return product.template few<3>(first, last);
    default:
      return product.many(rows, begin, end);
  }
}

template <class V>
void block_product(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                   std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  with_block_type(weight.type, [&](auto type) {
    block_product_of<V, type()>(weight, input, rows, begin, end, target);
  });
}

template <class V>
void put_blocks_in_tiles(const BlockMatrix& weight, std::int64_t begin, std::int64_t end,
                         std::uint8_t* codes, std::byte* scales) {
  with_block_type(weight.type, [&](auto type) {
    put_tiles<V, type()>(weight, begin, end, 0, weight.blocks(), codes, scales);
  });
}

}  // namespace ridgepoint::host

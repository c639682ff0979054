// Products of q8_0's blocks with quantised activations, from where a file has them (BlockMatrix).
//
// Few activations: rows of weights are read side by side, two blocks of each at a time, a vector
// for both; sums stay apart in its lanes until a row ends. More: some tiles at a time are put in
// the order of TileForm::signed8, into a scratch that stays in the second-level cache, and
// multiplied from there (tiled_product.h): that order spares every activation two multiplications
// with scales in three.
#pragma once

#include "backends/host/kernels/blocks_to_tile.h"
#include "backends/host/kernels/lanes.h"
#include "backends/host/kernels/tiled_product.h"

namespace ridgepoint::host {

/// Blocks in the order of TileForm::signed8: a slice of the inputs of some tiles.
template <class V>
class TileScratch {
 public:
  // Two tiles of this many inputs, more of fewer.
  static constexpr std::int64_t kMostBlocks = 352;

  static std::int64_t tiles_of(std::int64_t blocks) {
    return std::clamp<std::int64_t>(2 * kMostBlocks / blocks, 2, kBlockTiles);
  }

  /// Blocks [from, from + blocks) of tiles [first, last) as a matrix of their own.
  TiledMatrix fill(const BlockMatrix& weight, std::int64_t first, std::int64_t last,
                   std::int64_t from, std::int64_t blocks) {
    for (std::int64_t tile = first; tile < last; ++tile) {
      const std::int64_t o = tile * kTileRows, at = (tile - first) * blocks;
      const std::int64_t rows = std::min(kTileRows, weight.out - o);
      std::uint8_t* const codes = codes_ + at * kBlockCodeBytes;
      std::byte* const scales = scales_ + at * kBlockScaleBytes;
      if (rows < kTileRows) {
        std::memset(scales, 0, static_cast<std::size_t>(blocks * kBlockScaleBytes));
      }
      std::int64_t b = 0;
      for (; b + 2 <= blocks; b += 2) {
        put_blocks<V, 2>(weight, o, rows, from + b, codes + b * kBlockCodeBytes,
                         scales + b * kBlockScaleBytes);
      }
      if (b < blocks) {
        put_blocks<V, 1>(weight, o, rows, from + b, codes + b * kBlockCodeBytes,
                         scales + b * kBlockScaleBytes);
      }
    }
    return {.form = TileForm::signed8,
            .out = std::min(last * kTileRows, weight.out) - first * kTileRows,
            .in = blocks * kBlock,
            .codes = codes_,
            .scales = scales_,
            .code_bytes_per_block = kBlockCodeBytes,
            .scale_bytes_per_group = kBlockScaleBytes,
            .group = kBlock};
  }

 private:
  alignas(64) std::uint8_t codes_[2 * kMostBlocks * kBlockCodeBytes];
  alignas(64) std::byte scales_[2 * kMostBlocks * kBlockScaleBytes];
};

template <class V>
class BlockRowsProduct {
 public:
  BlockRowsProduct(const BlockMatrix& weight, const QuantisedRows& input,
                   const ProductTarget& target)
      : weight_(weight), input_(input), target_(target) {}

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
    TileScratch<V> scratch;
    const std::int64_t blocks = weight_.blocks();
    const std::int64_t most = std::min(blocks, TileScratch<V>::kMostBlocks);
    const std::int64_t tiles = TileScratch<V>::tiles_of(most);
    for (std::int64_t first = begin; first < end; first += tiles) {
      const std::int64_t last = std::min(first + tiles, end);
      for (std::int64_t from = 0; from < blocks; from += most) {
        const std::int64_t count = std::min(most, blocks - from);
        const TiledMatrix slice = scratch.fill(weight_, first, last, from, count);
        const QuantisedRows input{.codes = input_.codes + from * kBlock,
                                  .scales = input_.scales + from,
                                  .sums = input_.sums + 2 * from,
                                  .code_stride = input_.code_stride,
                                  .scale_stride = input_.scale_stride};
        const ProductTarget target = columns(first * kTileRows, from > 0);
        TiledProduct<V, TileForm::signed8>(slice, input, target)
            .group(rows, 0, last - first, weight_.block(last * kTileRows, 0));
      }
    }
  }

 private:
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
    typename V::F acc[R][C];
    for (auto& row : acc) {
      for (auto& sum : row) sum = V::zero();
    }
    const std::int64_t blocks = weight_.blocks();
    const std::int64_t stride = apart * blocks * BlockMatrix::kBytes;
    const std::int64_t ahead_bytes = weight_.walk.ahead_bytes;
    const std::uint8_t* const weights = weight_.block(o, 0);
    std::int64_t b = 0;
    for (; b + 2 <= blocks; b += 2) {
      typename V::I x[C], start[C];
      typename V::F scale[C];
      for (int c = 0; c < C; ++c) {
        const float* const scales = input_.scales + c * input_.scale_stride + b;
        x[c] = V::load_codes(input_.codes + c * input_.code_stride + b * kBlock);
        start[c] = V::start_signed(x[c]);
        scale[c] = V::spread(scales[0], scales[1]);
      }
      const std::uint8_t* from = weights + b * BlockMatrix::kBytes;
      for (int row = 0; row < R; ++row, from += stride) {
        V::prefetch(from + ahead_bytes);
        add<C>(from, from + BlockMatrix::kBytes, x, start, scale, acc[row]);
      }
    }
    if (b < blocks) last_block<R, C>(o, apart, acc);
    for (int row = 0; row < R; ++row) {
      for (int c = 0; c < C; ++c) store_one<V>(target_, c, o + row * apart, V::sum(acc[row][c]));
    }
  }

  /// Of an odd number: with nothing beside it.
  template <int R, int C>
  void last_block(std::int64_t o, std::int64_t apart, typename V::F (&acc)[R][C]) const {
    static constexpr std::uint8_t kNothing[BlockMatrix::kBytes] = {};
    const std::int64_t b = weight_.blocks() - 1;
    typename V::I x[C], start[C];
    typename V::F scale[C];
    for (int c = 0; c < C; ++c) {
      x[c] = V::load_codes(input_.codes + c * input_.code_stride + b * kBlock, kNothing);
      start[c] = V::start_signed(x[c]);
      scale[c] = V::spread(input_.scales[c * input_.scale_stride + b], 0.0F);
    }
    for (int row = 0; row < R; ++row) {
      add<C>(weight_.block(o + row * apart, b), kNothing, x, start, scale, acc[row]);
    }
  }

  /// Two blocks of a row.
  template <int C>
  static void add(const std::uint8_t* low, const std::uint8_t* high, const typename V::I (&x)[C],
                  const typename V::I (&start)[C], const typename V::F (&scale)[C],
                  typename V::F (&acc)[C]) {
    const auto codes = V::prepare_signed(V::load_codes(low + 2, high + 2));
    const auto d = V::spread_f16(low, high);
    for (int c = 0; c < C; ++c) {
      acc[c] =
          V::fma(V::to_float(V::dot_signed(start[c], codes, x[c])), V::mul(d, scale[c]), acc[c]);
    }
  }

  const BlockMatrix& weight_;
  const QuantisedRows& input_;
  const ProductTarget& target_;
};

template <class V>
void block_product(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                   std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const BlockRowsProduct<V> product(weight, input, target);
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

}  // namespace ridgepoint::host

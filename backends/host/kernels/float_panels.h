// Products of many rows in f32: a few panels of weights, each some tiles of outputs by a slice of
// inputs, are turned to floats and stay in the second-level cache while all activations pass over
// them; a block of rows is copied to the first-level cache and has its sums with a panel's outputs
// in registers. Slices of the same outputs follow one another, so that the sums of earlier ones are
// still in a cache.
#pragma once

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kPanelInputs = 512;  ///< of a slice, whole blocks

template <class V>
class FloatPanels {
 public:
  static constexpr int kTiles = V::kPanelTiles;
  /// From one input of a panel to the next, in floats.
  static constexpr std::int64_t kStride = kTiles * kTileRows;

  FloatPanels(const FloatRows& input, const ProductTarget& target, std::int64_t in,
              std::int64_t out)
      : input_(input), target_(target), again_(target.onto_output()), in_(in), out_(out) {}

  /// Outputs [begin, end) of `rows` rows. fill(panel, o, first, count) stores the weights of
  /// kStride outputs from o on and inputs [first, first + count): panel[i * kStride + output]; of
  /// outputs from `end` on, anything finite.
  template <typename Fill>
  void run(std::int64_t rows, std::int64_t begin, std::int64_t end, const Fill& fill) {
    const std::int64_t passes = (rows + V::kPanelRows - 1) / V::kPanelRows;  // as even as they go
    for (std::int64_t group = begin; group < end; group += kGroup * kStride) {
      const std::int64_t last = std::min(end, group + kGroup * kStride);
      for (std::int64_t first = 0; first < in_; first += kPanelInputs) {
        const std::int64_t count = std::min(kPanelInputs, in_ - first);
        for (std::int64_t o = group; o < last; o += kStride) {
          fill(panels_ + (o - group) * kPanelInputs, o, first, count);
        }
        for (std::int64_t pass = 0; pass < passes; ++pass) {
          const std::int64_t r = pass * rows / passes, height = (pass + 1) * rows / passes - r;
          copy_rows(r, height, first, count);
          for (std::int64_t o = group; o < last; o += kStride) {
            rows_of<V::kPanelRows>({.weights = panels_ + (o - group) * kPanelInputs,
                                    .o = o,
                                    .end = end,
                                    .first = first,
                                    .count = count},
                                   r, height);
          }
        }
      }
    }
  }

 private:
  using F = typename V::F;
  /// Panels that a block of rows passes over while it is in the first-level cache.
  static constexpr std::int64_t kGroup = 8;
  /// From one row of the block to the next: rows that are a power of two apart would all meet in
  /// one set of that cache, which has fewer ways than a block has rows.
  static constexpr std::int64_t kBlockStride = kPanelInputs + 16;

  struct Slice {
    const float* weights;
    std::int64_t o, end;
    std::int64_t first, count;
  };

  void copy_rows(std::int64_t r, std::int64_t height, std::int64_t first, std::int64_t count) {
    for (std::int64_t c = 0; c < height; ++c) {
      std::copy_n(input_.data + (r + c) * input_.stride + first, count, block_ + c * kBlockStride);
    }
  }

  /// Picks the block for `count` <= C rows.
  template <int C>
  void rows_of(const Slice& slice, std::int64_t r, std::int64_t count) const {
    if (count == C) {
      multiply<C>(slice, r);
    } else if constexpr (C > 1) {
      rows_of<C - 1>(slice, r, count);
    }
  }

  /// The panel by C rows from r on, added to what earlier slices gave.
  template <int C>
  void multiply(const Slice& slice, std::int64_t r) const {
    F acc[C][kTiles];
    for (auto& row : acc) {
      for (auto& sum : row) sum = V::zero();
    }
    const float* x = block_;
    const float* weights = slice.weights;
    for (std::int64_t i = 0; i < slice.count; ++i) {
      F w[kTiles];
      for (int t = 0; t < kTiles; ++t) w[t] = V::load(weights + t * kTileRows);
      for (int c = 0; c < C; ++c) {
        const F value = V::set1(x[c * kBlockStride]);
        for (int t = 0; t < kTiles; ++t) acc[c][t] = V::fma(w[t], value, acc[c][t]);
      }
      weights += kStride;
      ++x;
    }
    const ProductTarget& target = slice.first == 0 ? target_ : again_;
    for (int t = 0; t < kTiles; ++t) {
      const std::int64_t o = slice.o + t * kTileRows;
      const std::int64_t outputs = std::min({kTileRows, slice.end - o, out_ - o});
      if (outputs <= 0) break;
      for (int c = 0; c < C; ++c) store_product<V>(target, r + c, o, acc[c][t], outputs);
    }
  }

  alignas(64) float panels_[kGroup * kPanelInputs * kStride];
  alignas(64) float block_[V::kPanelRows * kBlockStride];
  const FloatRows& input_;
  const ProductTarget& target_;
  ProductTarget again_;
  std::int64_t in_, out_;
};

}  // namespace ridgepoint::host

// Products of many rows in f32: a panel of weights, some tiles of outputs by a slice of inputs, is
// turned to floats and stays in the second-level cache while all activations pass over it; a block
// of rows by the panel's outputs has its sums in registers. Slices of the same outputs follow one
// another, so that the sums of earlier ones are still in a cache.
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
    for (std::int64_t o = begin; o < end; o += kStride) {
      for (std::int64_t first = 0; first < in_; first += kPanelInputs) {
        const std::int64_t count = std::min(kPanelInputs, in_ - first);
        fill(panel_, o, first, count);
        const Slice slice{.o = o, .end = end, .first = first, .count = count};
        for (std::int64_t pass = 0; pass < passes; ++pass) {
          const std::int64_t r = pass * rows / passes;
          rows_of<V::kPanelRows>(slice, r, (pass + 1) * rows / passes - r);
        }
      }
    }
  }

 private:
  using F = typename V::F;
  struct Slice {
    std::int64_t o = 0, end = 0;
    std::int64_t first = 0, count = 0;
  };

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
    const float* x = input_.data + r * input_.stride + slice.first;
    const float* weights = panel_;
    for (std::int64_t i = 0; i < slice.count; ++i) {
      F w[kTiles];
      for (int t = 0; t < kTiles; ++t) w[t] = V::load(weights + t * kTileRows);
      for (int c = 0; c < C; ++c) {
        const F value = V::set1(x[c * input_.stride]);
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

  alignas(64) float panel_[kPanelInputs * kStride];
  const FloatRows& input_;
  const ProductTarget& target_;
  ProductTarget again_;
  std::int64_t in_, out_;
};

}  // namespace ridgepoint::host

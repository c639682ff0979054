// Products with weights that lie in memory as the file has them, row after row.
//
// One activation (decode): several rows of weights are read side by side, since one stream of reads
// does not fill a core's share of the memory bandwidth. Some activations: tiles of rows by
// activations whose sums stay in registers; a block of weights stays in the second-level cache
// while all activations pass, a slice of activations in the first. Many: panels (float_panels.h),
// into which weights are turned sixteen by sixteen.
#pragma once

#include "backends/host/kernels/float_panels.h"
#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kSliceInputs = 1024;  // of activations that stay in the L1 cache
inline constexpr std::int64_t kBlockRows = 32;      // of weights that stay in the L2 cache

/// Which lines of the weights that come next one of several passes over the same weights asks for:
/// every `passes`th, from number `pass` on.
struct AskAhead {
  std::int64_t pass, passes;
};

/// sums[c][r] = weights row r * activations row c over `count` inputs; R and C are what registers
/// hold. On the way lines kBlockRows rows further on are asked for.
template <class V, Type type, int R, int C>
inline void plain_tile(const std::byte* weights, std::int64_t row_bytes, const float* input,
                       std::int64_t input_stride, std::int64_t count, float* sums,
                       std::int64_t sums_stride, bool add, AskAhead ask) {
  typename V::F acc[R][C];
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) acc[r][c] = V::zero();
  }
  const auto multiply = [&](const typename V::F(&x)[C], const auto& weight_of) {
    for (int r = 0; r < R; ++r) {
      const auto w = weight_of(r);
      for (int c = 0; c < C; ++c) acc[r][c] = V::fma(w, x[c], acc[r][c]);
    }
  };
  constexpr std::int64_t kStepsALine = 64 / (kLanes * kBytes<type>);
  std::int64_t i = 0, turn = ask.pass * kStepsALine;
  for (; i + kLanes <= count; i += kLanes) {
    if (turn-- == 0) {
      for (int r = 0; r < R; ++r) {
        V::prefetch(weights + (kBlockRows + r) * row_bytes + i * kBytes<type>);
      }
      turn = ask.passes * kStepsALine - 1;
    }
    typename V::F x[C];
    for (int c = 0; c < C; ++c) x[c] = V::load(input + c * input_stride + i);
    multiply(x,
             [&](int r) { return load_as<V, type>(weights + r * row_bytes + i * kBytes<type>); });
  }
  if (i < count) {
    typename V::F x[C];
    for (int c = 0; c < C; ++c) x[c] = load_part<V>(input + c * input_stride + i, count - i);
    multiply(x, [&](int r) {
      return load_part_as<V, type>(weights + r * row_bytes + i * kBytes<type>, count - i);
    });
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      float& sum = sums[c * sums_stride + r];
      sum = V::sum(acc[r][c]) + (add ? sum : 0.0F);
    }
  }
}

template <class V, Type type>
class PlainProduct {
 public:
  PlainProduct(const PlainMatrix& weight, const FloatRows& input, const ProductTarget& target)
      : weight_(weight), input_(input), target_(target), row_bytes_(weight.in * kBytes<type>) {}

  /// Rows that lie far apart, each a stream without a gap for what the hardware fetches ahead; rows
  /// that follow each other are a seventh slower from memory.
  void decode(std::int64_t begin, std::int64_t end) const {
    const std::int64_t apart = (end - begin) / V::kStreams;
    for (std::int64_t o = begin; o < begin + apart; ++o) stream_rows<V::kStreams>(o, apart);
    for (std::int64_t o = begin + V::kStreams * apart; o < end; ++o) stream_rows<1>(o, 0);
  }

  void some(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    const std::int64_t passes = (rows + V::kPlainInputs - 1) / V::kPlainInputs;
    for (std::int64_t o = begin; o < end; o += kBlockRows) {
      const std::int64_t height = std::min(kBlockRows, end - o);
      for (std::int64_t pass = 0; pass < passes; ++pass) {
        const std::int64_t r = pass * V::kPlainInputs;
        inputs<V::kPlainInputs>(r, std::min<std::int64_t>(V::kPlainInputs, rows - r), o, height,
                                {.pass = pass, .passes = passes});
      }
    }
  }

  void many(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    FloatPanels<V> panels(input_, target_, weight_.in, weight_.out);
    panels.run(rows, begin, end,
               [&](float* panel, std::int64_t o, std::int64_t first, std::int64_t count) {
                 for (std::int64_t t = 0; t < V::kPanelTiles; ++t) {
                   const std::int64_t tile = o + t * kTileRows;
                   fill(panel + t * kTileRows, tile, std::min(kTileRows, end - tile), first, count);
                 }
               });
  }

 private:
  /// One activation by R rows at once, `apart` rows apart. What comes next is asked for before it
  /// is needed, on through the row that follows: the hardware's own prefetching starts anew with
  /// every page, and a row is often no longer than that.
  template <int R>
  void stream_rows(std::int64_t o, std::int64_t apart) const {
    typename V::F acc[R];
    for (auto& sum : acc) sum = V::zero();
    const std::byte* const weights = row(o);
    const std::int64_t stride = apart * row_bytes_;
    const float* const x = input_.data;
    constexpr std::int64_t kStep = 64 / kBytes<type>;  // elements of a cache line
    const auto lines = [&](std::int64_t i, std::int64_t end, std::int64_t ahead) {
      for (; i < end; i += kStep) {
        typename V::F value[kStep / kLanes];
        for (int part = 0; part < kStep / kLanes; ++part) {
          value[part] = V::load(x + i + part * kLanes);
        }
        for (int r = 0; r < R; ++r) {
          const std::byte* const w = weights + r * stride + i * kBytes<type>;
          V::prefetch(w + ahead);
          for (int part = 0; part < kStep / kLanes; ++part) {
            acc[r] =
                V::fma(load_as<V, type>(w + part * kLanes * kBytes<type>), value[part], acc[r]);
          }
        }
      }
    };
    const std::int64_t whole = weight_.in / kStep * kStep;
    lines(0, whole, weight_.walk.ahead_bytes);
    for (std::int64_t i = whole; i < weight_.in; i += kLanes) {
      const std::int64_t count = std::min(kLanes, weight_.in - i);
      const auto value = load_part<V>(x + i, count);
      for (int r = 0; r < R; ++r) {
        const std::byte* const w = weights + r * stride + i * kBytes<type>;
        acc[r] = V::fma(load_part_as<V, type>(w, count), value, acc[r]);
      }
    }
    for (int r = 0; r < R; ++r) store_one<V>(target_, 0, o + r * apart, V::sum(acc[r]));
  }

  /// A tile of a panel: rows o... of weights, `height` of them (or none), by `count` inputs.
  void fill(float* panel, std::int64_t o, std::int64_t height, std::int64_t first,
            std::int64_t count) const {
    for (std::int64_t i = 0; i < count; i += kLanes) {
      const std::int64_t width = std::min(kLanes, count - i);
      typename V::F rows[kTileRows];
      for (std::int64_t r = 0; r < kTileRows; ++r) {
        if (r >= height) {
          rows[r] = V::zero();
          continue;
        }
        const std::byte* const from = row(o + r) + (first + i) * kBytes<type>;
        rows[r] = width == kLanes ? load_as<V, type>(from) : load_part_as<V, type>(from, width);
      }
      V::transpose(rows);
      for (std::int64_t c = 0; c < width; ++c) {
        V::store(panel + (i + c) * FloatPanels<V>::kStride, rows[c]);
      }
    }
  }

  [[nodiscard]] const std::byte* row(std::int64_t o) const { return weight_.data + o * row_bytes_; }

  /// Picks the tile for `count` <= C activations.
  template <int C>
  void inputs(std::int64_t r, std::int64_t count, std::int64_t o, std::int64_t height,
              AskAhead ask) const {
    if (count == C) {
      block<C>(r, o, height, ask);
    } else if constexpr (C > 1) {
      inputs<C - 1>(r, count, o, height, ask);
    }
  }

  template <int C>
  void block(std::int64_t r, std::int64_t o, std::int64_t height, AskAhead ask) const {
    float sums[C * kBlockRows];
    for (std::int64_t i = 0; i < weight_.in; i += kSliceInputs) {
      const std::int64_t count = std::min(kSliceInputs, weight_.in - i);
      const float* const x = input_.data + r * input_.stride + i;
      const std::int64_t offset = i * kBytes<type>;
      std::int64_t w = 0;
      for (; w + V::kPlainRows <= height; w += V::kPlainRows) {
        plain_tile<V, type, V::kPlainRows, C>(row(o + w) + offset, row_bytes_, x, input_.stride,
                                              count, sums + w, kBlockRows, i > 0, ask);
      }
      for (; w < height; ++w) {
        plain_tile<V, type, 1, C>(row(o + w) + offset, row_bytes_, x, input_.stride, count,
                                  sums + w, kBlockRows, i > 0, ask);
      }
    }
    for (int c = 0; c < C; ++c) {
      for (std::int64_t w = 0; w < height; ++w) {
        store_one<V>(target_, r + c, o + w, sums[c * kBlockRows + w]);
      }
    }
  }

  const PlainMatrix& weight_;
  const FloatRows& input_;
  const ProductTarget& target_;
  std::int64_t row_bytes_;
};

template <class V, Type type>
void plain_product_of(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                      std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const PlainProduct<V, type> product(weight, input, target);
  if (rows == 1) {
    product.decode(begin, end);
  } else if (rows < V::kLeastPanelRows) {
    product.some(rows, begin, end);
  } else {
    product.many(rows, begin, end);
  }
}

template <class V>
void plain_product(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                   std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  if (weight.type == Type::f32) {
    plain_product_of<V, Type::f32>(weight, input, rows, begin, end, target);
  } else if (weight.type == Type::f16) {
    plain_product_of<V, Type::f16>(weight, input, rows, begin, end, target);
  } else {
    plain_product_of<V, Type::bf16>(weight, input, rows, begin, end, target);
  }
}

}  // namespace ridgepoint::host

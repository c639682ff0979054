// Products of some rows with bf16 weights as they lie in memory, row after row, with vdpbf16ps:
// both factors run along the inputs, so nothing has to be packed but the activations, and the
// weights are read once. With few rows that is faster than panels (panel_product.h), which earn
// their packing back with many. Rounding and bounds are the panels': u T with bf16 weights, and
// that of f32 sums.
#pragma once

#include "backends/host/kernels/lanes.h"
#include "backends/host/kernels/pairs_avx512.h"

namespace ridgepoint::host {

class DotRows {
 public:
  static constexpr std::int64_t kMostRows = 32;

  DotRows(const PlainMatrix& weight, const FloatRows& input, const ProductTarget& target)
      : weight_(weight), input_(input), target_(target) {}

  /// output[r, o] for r < rows and o of [begin, end).
  void run(std::int64_t rows, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = 0; r < rows; r += kMostRows) {
      for (std::int64_t i = 0; i < weight_.in; i += kSlice) {
        const Slice slice{.first = r,
                          .height = std::min(kMostRows, rows - r),
                          .input = i,
                          .depth = std::min(kSlice, weight_.in - i),
                          .target = i == 0 ? target_ : target_.onto_output()};
        pack(slice);
        std::int64_t o = begin;
        for (; o + kOutputs <= end; o += kOutputs) outputs<kOutputs>(slice, o);
        for (; o < end; ++o) outputs<1>(slice, o);
      }
    }
  }

 private:
  static constexpr std::int64_t kStep = 32;  ///< inputs of a vector
  /// Inputs: 256 KiB of activations, for the L2 cache.
  static constexpr std::int64_t kSlice = 4096;
  /// No power of two, so that rows lie in sets of the cache of their own.
  static constexpr std::int64_t kStride = kSlice + kStep;
  static constexpr int kOutputs = 4, kRows = 6;

  struct Slice {
    std::int64_t first = 0, height = 0;  ///< rows
    std::int64_t input = 0, depth = 0;
    ProductTarget target{};
  };

  void pack(const Slice& slice) {
    using V = Avx512Pairs;
    for (std::int64_t r = 0; r < slice.height; ++r) {
      const float* const x = input_.data + (slice.first + r) * input_.stride + slice.input;
      std::uint16_t* const to = activations_ + r * kStride;
      std::int64_t i = 0;
      for (; i + kStep <= slice.depth; i += kStep) {
        V::store_words(to + i, V::narrow(V::load(x + i), V::load(x + i + kLanes)));
      }
      if (i == slice.depth) continue;
      float rest[kStep] = {};
      std::copy_n(x + i, slice.depth - i, rest);
      V::store_words(to + i, V::narrow(V::load(rest), V::load(rest + kLanes)));
    }
  }

  template <int O>
  void outputs(const Slice& slice, std::int64_t o) const {
    const std::int64_t blocks = (slice.height + kRows - 1) / kRows;
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t r = block * kRows;
      rows_of<kRows, O>(slice, r, std::min<std::int64_t>(kRows, slice.height - r), o, block,
                        blocks);
    }
  }

  /// Picks the tile for `count` <= R rows.
  template <int R, int O>
  void rows_of(const Slice& slice, std::int64_t r, std::int64_t count, std::int64_t o,
               std::int64_t block, std::int64_t blocks) const {
    if (count == R) {
      tile<R, O>(slice, r, o, block, blocks);
    } else if constexpr (R > 1) {
      rows_of<R - 1, O>(slice, r, count, o, block, blocks);
    }
  }

  /// While a block of rows is multiplied, its share of the weights that follow is asked for.
  template <int R, int O>
  void tile(const Slice& slice, std::int64_t r, std::int64_t o, std::int64_t block,
            std::int64_t blocks) const {
    const std::int64_t row_bytes = weight_.in * 2;
    const std::byte* const w = weight_.data + o * row_bytes + slice.input * 2;
    const std::uint16_t* const x = activations_ + r * kStride;
    __m512 acc[R][O];
    for (auto& row : acc) {
      for (auto& sum : row) sum = _mm512_setzero_ps();
    }
    const auto multiply = [&](std::int64_t i, const __m512bh(&weights)[O]) {
      for (int row = 0; row < R; ++row) {
        const auto inputs = std::bit_cast<__m512bh>(_mm512_loadu_si512(x + row * kStride + i));
        for (int out = 0; out < O; ++out) {
          acc[row][out] = _mm512_dpbf16_ps(acc[row][out], weights[out], inputs);
        }
      }
    };
    std::int64_t i = 0, turn = block;
    for (; i + kStep <= slice.depth; i += kStep) {
      __m512bh weights[O];
      for (int out = 0; out < O; ++out) {
        weights[out] = std::bit_cast<__m512bh>(_mm512_loadu_si512(w + out * row_bytes + i * 2));
      }
      if (turn-- == 0) {
        for (int out = 0; out < O; ++out) Avx512Pairs::prefetch(w + (O + out) * row_bytes + i * 2);
        turn = blocks - 1;
      }
      multiply(i, weights);
    }
    if (i < slice.depth) {
      const auto mask = static_cast<__mmask32>((1ULL << (slice.depth - i)) - 1);
      __m512bh weights[O];
      for (int out = 0; out < O; ++out) {
        weights[out] =
            std::bit_cast<__m512bh>(_mm512_maskz_loadu_epi16(mask, w + out * row_bytes + i * 2));
      }
      multiply(i, weights);
    }
    for (int row = 0; row < R; ++row) store(slice, slice.first + r + row, o, acc[row]);
  }

  static void store(const Slice& slice, std::int64_t row, std::int64_t o, const __m512 (&sums)[1]) {
    store_one<Avx512Pairs>(slice.target, row, o, Avx512Pairs::sum(sums[0]));
  }

  /// Four sums at once, each step halving the parts that are still apart.
  static void store(const Slice& slice, std::int64_t row, std::int64_t o,
                    const __m512 (&sums)[kOutputs]) {
    const auto halves = [](__m512 a, __m512 b) {
      return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    };
    const __m512d first = _mm512_castps_pd(halves(sums[0], sums[1]));
    const __m512d second = _mm512_castps_pd(halves(sums[2], sums[3]));
    const __m512 quarters = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(first, second)),
                                          _mm512_castpd_ps(_mm512_unpackhi_pd(first, second)));
    const __m256 both =
        _mm256_add_ps(_mm512_castps512_ps256(quarters), _mm512_extractf32x8_ps(quarters, 1));
    __m128 value = _mm_add_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
    const ProductTarget& target = slice.target;
    if (target.bias != nullptr) value = _mm_add_ps(value, _mm_loadu_ps(target.bias + o));
    if (target.addend != nullptr) {
      value = _mm_add_ps(value, _mm_loadu_ps(target.addend + row * target.addend_stride + o));
    }
    _mm_storeu_ps(target.output + row * target.stride + o, value);
  }

  const PlainMatrix& weight_;
  const FloatRows& input_;
  const ProductTarget& target_;
  alignas(64) std::uint16_t activations_[kMostRows * kStride];
};

inline void dot_rows_product(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                             std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  DotRows(weight, input, target).run(rows, begin, end);
}

}  // namespace ridgepoint::host

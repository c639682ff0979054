// Rows of q6_K: super-blocks of 256 inputs, w = d * s * (code - 32). Each has 128 bytes of low
// nibbles, 64 of high bit pairs, sixteen signed factors s, one for 16 inputs, and f16 d. Each half
// of 128 inputs has four runs of 32: the low nibbles of its first and second 32 bytes, then their
// high ones; the runs' high bits are bits 0, 2, 4 and 6 of the same 32 bytes.
#pragma once

#include "backends/host/kernels/rows_of_blocks.h"

namespace ridgepoint::host {

template <class V>
struct RowsOf<V, Type::q6_k> {
  static constexpr std::int64_t kHigh = 128, kFactors = 192, kScale = 208;  // byte offsets
  static constexpr std::int64_t kStepBlocks = 8, kStepBytes = kScale + 2;
  static constexpr bool kOdd = false;

  static constexpr TileForm kForm = TileForm::six;
  static constexpr std::int64_t kGroupBlocks = 8;
  static constexpr std::int64_t kCodeBytes = kTileRows * kBlock * 6 / 8;
  static constexpr std::int64_t kScaleBytes = kTileRows * (2 + 16);

  /// Two runs are a vector.
  template <int C>
  struct Inputs {
    void load(const QuantisedRows& input, std::int64_t b) {
      for (int c = 0; c < C; ++c) {
        const std::int8_t* const codes = input.codes + c * input.code_stride + b * kBlock;
        for (int two = 0; two < 4; ++two) x[c][two] = V::load_codes(codes + two * 2 * kBlock);
        const std::int64_t at = c * input.scale_stride + b;
        scale[c] = V::twice(input.scales + at);
        offset[c] = V::mul(V::to_float(V::load_codes(input.sums + 2 * at)), V::set1(-32.0F));
      }
    }
    typename V::I x[C][4];
    typename V::F scale[C], offset[C];  // of sixteen inputs each
  };

  template <int R, int C>
  static void add(const std::uint8_t* row, std::int64_t stride, const Inputs<C>& inputs,
                  typename V::F (&sums)[R][C]) {
    for (int r = 0; r < R; ++r, row += stride) add_row(row, inputs, sums[r]);
  }

  static std::int64_t put(const SixteenRows& rows, std::int64_t, std::uint8_t* codes,
                          std::byte* scales) {
    put_halves<V>(rows, kScale, scales);
    typename V::I words[kTileRows];
    words_of_rows<V>(rows, kScale - 64, words);
    for (int word = 0; word < 4; ++word) {
      V::store_bytes(scales + 2 * kTileRows + word * 4 * kTileRows, kTileRows, words[12 + word]);
    }
    for (int half = 0; half < 2; ++half) {
      std::uint8_t* const to = codes + 4 * half * kCodeBytes;
      words_of_rows<V>(rows, 64 * half, words);
      put_nibbles<V>(words, 2 * kCodeBytes, to);
      put_nibbles<V>(words + 8, 2 * kCodeBytes, to + kCodeBytes);
    }
    words_of_rows<V>(rows, kHigh, words);
    for (int half = 0; half < 2; ++half) {
      std::uint8_t* const to = codes + 4 * half * kCodeBytes + 256;
      put_pairs<0>(words + 8 * half, to);
      put_pairs<1>(words + 8 * half, to + kCodeBytes);
      put_pairs<2>(words + 8 * half, to + 2 * kCodeBytes);
      put_pairs<3>(words + 8 * half, to + 3 * kCodeBytes);
    }
    return kStepBlocks;
  }

 private:
  template <int C>
  static void add_row(const std::uint8_t* row, const Inputs<C>& inputs, typename V::F (&sums)[C]) {
    const auto factors =
        V::mul(V::load_s8(row + kFactors), V::spread_f16(row + kScale, row + kScale));
    typename V::I codes[4];
    for (int half = 0; half < 2; ++half) {
      const auto low = V::load_codes(row + 64 * half);
      const std::uint8_t* const high = row + kHigh + 32 * half;
      const auto pairs = V::load_codes(high, high);
      codes[2 * half] = V::either(V::low_nibbles(low), V::template bit_pairs<0, 1>(pairs));
      codes[2 * half + 1] = V::either(V::high_nibbles(low), V::template bit_pairs<2, 3>(pairs));
    }
    for (int c = 0; c < C; ++c) {
      const auto both = V::mul(factors, inputs.scale[c]);
      const auto nothing = V::broadcast(0);
      const auto& x = inputs.x[c];
      auto sum = V::fma(both, inputs.offset[c], sums[c]);
      sum = V::fma(V::to_float(V::dot_unsigned(nothing, codes[0], x[0])),
                   V::template four_times<0>(both), sum);
      sum = V::fma(V::to_float(V::dot_unsigned(nothing, codes[1], x[1])),
                   V::template four_times<1>(both), sum);
      sum = V::fma(V::to_float(V::dot_unsigned(nothing, codes[2], x[2])),
                   V::template four_times<2>(both), sum);
      sums[c] = V::fma(V::to_float(V::dot_unsigned(nothing, codes[3], x[3])),
                       V::template four_times<3>(both), sum);
    }
  }

  /// The high bits of a run: two vectors, each with those of four words, one pair of bits a word.
  template <int run>
  static void put_pairs(const typename V::I* words, std::uint8_t* to) {
    for (int h = 0; h < 2; ++h, words += 4) {
      const auto first =
          V::either(V::template bit_pair<run, 0>(words[0]), V::template bit_pair<run, 1>(words[1]));
      const auto second =
          V::either(V::template bit_pair<run, 2>(words[2]), V::template bit_pair<run, 3>(words[3]));
      V::store_codes(to + 64 * h, V::either(first, second));
    }
  }
};

}  // namespace ridgepoint::host

// Rows of q4_K: super-blocks of 256 inputs, w = d * s * code - m * t. Each has f16 d and m, twelve
// bytes with the six-bit factors s and t of its eight blocks (workloads/tensor/k_quants.h), then
// four groups of 32 bytes, which hold one block in their low nibbles and the next in their high
// ones.
#pragma once

#include "backends/host/kernels/rows_of_blocks.h"

namespace ridgepoint::host {

template <class V>
struct RowsOf<V, Type::q4_k> {
  static constexpr std::int64_t kStepBlocks = 8, kStepBytes = 16 + 128;
  static constexpr bool kOdd = false;

  static constexpr TileForm kForm = TileForm::nibble_k;
  static constexpr std::int64_t kGroupBlocks = 8;
  static constexpr std::int64_t kCodeBytes = kTileRows * kBlock / 2;
  static constexpr std::int64_t kScaleBytes = kTileRows * (2 + 2 + 8 + 8);

  /// Two groups are a vector: its nibbles are those of blocks 0 and 2, or of 1 and 3, of four.
  template <int C>
  struct Inputs {
    void load(const QuantisedRows& input, std::int64_t b) {
      for (int c = 0; c < C; ++c) {
        const std::int8_t* const codes = input.codes + c * input.code_stride + b * kBlock;
        for (int half = 0; half < 2; ++half) {
          const std::int8_t* const from = codes + half * 4 * kBlock;
          x[c][2 * half] = V::load_codes(from, from + 2 * kBlock);
          x[c][2 * half + 1] = V::load_codes(from + kBlock, from + 3 * kBlock);
        }
        const std::int64_t at = c * input.scale_stride + b;
        scale[c] = V::scales_and_offsets(input.scales + at, input.sums + 2 * at);
      }
    }
    typename V::I x[C][4];
    typename V::F scale[C];  // of block b in lane b; less its sum, in lane 8 + b
  };

  template <int R, int C>
  static void add(const std::uint8_t* row, std::int64_t stride, const Inputs<C>& inputs,
                  typename V::F (&sums)[R][C]) {
    typename V::F factors[R];
    V::q4_k_factors(row, stride, factors);
    for (int r = 0; r < R; ++r, row += stride) add_row(row, factors[r], inputs, sums[r]);
  }

  static std::int64_t put(const SixteenRows& rows, std::int64_t, std::uint8_t* codes,
                          std::byte* scales) {
    put_halves<V>(rows, 0, scales);
    put_halves<V>(rows, 2, scales + 2 * kTileRows);
    typename V::I words[kTileRows];
    words_of_rows<V>(rows, 0, words);
    put_factors(words, scales + 4 * kTileRows);
    for (int half = 0; half < 2; ++half) {
      words_of_rows<V>(rows, 16 + 64 * half, words);
      std::uint8_t* const to = codes + 4 * half * kCodeBytes;
      put_nibbles<V>(words, kCodeBytes, to);
      put_nibbles<V>(words + 8, kCodeBytes, to + 2 * kCodeBytes);
    }
    return kStepBlocks;
  }

 private:
  template <int C>
  static void add_row(const std::uint8_t* row, typename V::F factors, const Inputs<C>& inputs,
                      typename V::F (&sums)[C]) {
    const auto early = V::load_codes(row + 16), late = V::load_codes(row + 80);
    const typename V::I codes[4] = {V::low_nibbles(early), V::upper_codes(early),
                                    V::low_nibbles(late), V::upper_codes(late)};
    for (int c = 0; c < C; ++c) {
      const auto both = V::mul(factors, inputs.scale[c]);
      const auto nothing = V::broadcast(0);
      const auto& x = inputs.x[c];
      auto sum = V::add_high(sums[c], both);
      sum = V::fma(V::to_float(V::dot_unsigned(nothing, codes[0], x[0])),
                   V::template spread_lanes<0, 2>(both), sum);
      sum = V::fma(V::to_float(V::dot_unsigned(nothing, codes[1], x[1])),
                   V::template spread_lanes<1, 3>(both), sum);
      sum = V::fma(V::to_float(V::dot_unsigned(nothing, codes[2], x[2])),
                   V::template spread_lanes<4, 6>(both), sum);
      sums[c] = V::fma(V::to_float(V::dot_unsigned(nothing, codes[3], x[3])),
                       V::template spread_lanes<5, 7>(both), sum);
    }
  }

  /// The first four words of each super-block: byte b of words 1 and 2 has six bits of s and of t
  /// of block b; of block 4 + b, byte b of word 3 has four bits each, and the other two are the
  /// highest of bytes b of words 1 and 2.
  static void put_factors(const typename V::I (&words)[kTileRows], std::byte* to) {
    const auto six = [](typename V::I a) {
      return V::either(V::low_nibbles(a), V::template bit_pair<2>(a));
    };
    constexpr std::int64_t kOfBlock = 2 * kTileRows;  // s of sixteen rows, then t
    V::store_bytes(to, kOfBlock, six(words[1]));
    V::store_bytes(to + kTileRows, kOfBlock, six(words[2]));
    V::store_bytes(to + 4 * kOfBlock, kOfBlock,
                   V::either(V::low_nibbles(words[3]), V::template bit_pair<3>(words[1])));
    V::store_bytes(to + 4 * kOfBlock + kTileRows, kOfBlock,
                   V::either(V::high_nibbles(words[3]), V::template bit_pair<3>(words[2])));
  }
};

}  // namespace ridgepoint::host

// Rows of q8_0: blocks of 32 inputs, f16 d and 32 signed codes each. Two blocks are a vector.
#pragma once

#include "backends/host/kernels/rows_of_blocks.h"

namespace ridgepoint::host {

template <class V>
struct RowsOf<V, Type::q8_0> {
  static constexpr std::int64_t kBlockBytes = 2 + kBlock;

  static constexpr TileForm kForm = TileForm::signed8;
  static constexpr std::int64_t kGroupBlocks = 1;
  static constexpr std::int64_t kCodeBytes = kTileRows * kBlock, kScaleBytes = kTileRows * 2;

  static constexpr std::int64_t kStepBlocks = 2, kStepBytes = 2 * kBlockBytes;
  static constexpr bool kOdd = true;

  template <int C>
  struct Inputs {
    void load(const QuantisedRows& input, std::int64_t b) {
      for (int c = 0; c < C; ++c) {
        const float* const scales = input.scales + c * input.scale_stride + b;
        set(c, V::load_codes(input.codes + c * input.code_stride + b * kBlock),
            V::spread(scales[0], scales[1]));
      }
    }
    /// The last block of an odd number, with nothing beside it.
    void load_odd(const QuantisedRows& input, std::int64_t b) {
      for (int c = 0; c < C; ++c) {
        set(c, V::load_codes(input.codes + c * input.code_stride + b * kBlock, kNothing),
            V::spread(input.scales[c * input.scale_stride + b], 0.0F));
      }
    }
    void set(int c, typename V::I codes, typename V::F scales) {
      x[c] = codes;
      start[c] = V::start_signed(codes);
      scale[c] = scales;
    }
    typename V::I x[C], start[C];
    typename V::F scale[C];
  };

  template <int R, int C>
  static void add(const std::uint8_t* row, std::int64_t stride, const Inputs<C>& inputs,
                  typename V::F (&sums)[R][C]) {
    for (int r = 0; r < R; ++r, row += stride) two(row, row + kBlockBytes, inputs, sums[r]);
  }
  template <int R, int C>
  static void add_odd(const std::uint8_t* row, std::int64_t stride, const Inputs<C>& inputs,
                      typename V::F (&sums)[R][C]) {
    for (int r = 0; r < R; ++r, row += stride) two(row, kNothing, inputs, sums[r]);
  }

  /// For sixteen rows a block is eight words of each, so that two are a square to transpose.
  static std::int64_t put(const SixteenRows& rows, std::int64_t blocks, std::uint8_t* codes,
                          std::byte* scales) {
    const std::int64_t count = std::min<std::int64_t>(blocks, 2);
    const std::int64_t second = (count - 1) * kBlockBytes;
    typename V::I words[kTileRows];
    const std::uint8_t* from = rows.first;
    for (std::int64_t r = 0; r < rows.count; ++r, from += rows.stride) {
      words[r] = V::load_codes(from + 2, from + second + 2);
    }
    for (std::int64_t r = rows.count; r < kTileRows; ++r) words[r] = V::broadcast(0);
    V::transpose(words);
    for (int v = 0; v < 8 * count; ++v) V::store_codes(codes + 64 * v, words[v]);
    for (std::int64_t b = 0; b < count; ++b) {
      put_halves<V>(rows, b * kBlockBytes, scales + b * kScaleBytes);
    }
    return count;
  }

 private:
  static constexpr std::uint8_t kNothing[kBlockBytes] = {};

  template <int C>
  static void two(const std::uint8_t* low, const std::uint8_t* high, const Inputs<C>& inputs,
                  typename V::F (&sums)[C]) {
    const auto codes = V::prepare_signed(V::load_codes(low + 2, high + 2));
    const auto d = V::spread_f16(low, high);
    for (int c = 0; c < C; ++c) {
      sums[c] = V::fma(V::to_float(V::dot_signed(inputs.start[c], codes, inputs.x[c])),
                       V::mul(d, inputs.scale[c]), sums[c]);
    }
  }
};

}  // namespace ridgepoint::host

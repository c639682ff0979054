// Products of quantised weights with quantised activations, tile by tile (see TiledMatrix): integer
// sums over a block of 32 inputs, then one multiplication by both scales. What a code is offset by
// is taken off through the sums of the activations' codes before a block begins.
#pragma once

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kTileAhead =
    1024;                                       // bytes of a tile, asked for before they are needed
inline constexpr std::int64_t kBlockTiles = 4;  // that stay in the L2 cache while activations pass

/// Four neighbouring codes of an activation, in every lane.
template <class V>
inline typename V::I four_codes(const std::int8_t* codes) {
  std::int32_t four = 0;
  std::memcpy(&four, codes, sizeof four);
  return V::broadcast(four);
}

/// C activations at one block: where their codes, scales and sums are.
template <int C>
struct BlockInputs {
  const std::int8_t* codes[C];
  float scale[C];
  std::int32_t sums[C][2];
};

template <class V, TileForm form, int C>
struct BlockProduct;

/// A block of signed bytes whose rows have the scales d.
template <class V, int C>
inline void add_signed(const std::uint8_t* codes, typename V::F d, const BlockInputs<C>& x,
                       typename V::F (&acc)[C]) {
  typename V::I sums[C];
  for (int c = 0; c < C; ++c) {
    sums[c] = V::broadcast(-V::kSignedBias * (x.sums[c][0] + x.sums[c][1]));
  }
  for (int v = 0; v < 8; ++v) {
    const auto w = V::prepare_signed(V::load_codes(codes + 64 * v));
    for (int c = 0; c < C; ++c) {
      sums[c] = V::dot_signed(sums[c], w, four_codes<V>(x.codes[c] + 4 * v));
    }
  }
  for (int c = 0; c < C; ++c) {
    acc[c] = V::fma(V::to_float(sums[c]), V::mul(d, V::set1(x.scale[c])), acc[c]);
  }
}

template <class V, int C>
struct BlockProduct<V, TileForm::signed8, C> {
  static void add(const std::uint8_t* codes, const std::byte* scales, std::int64_t,
                  const BlockInputs<C>& x, typename V::F (&acc)[C]) {
    add_signed<V, C>(codes, V::load_f16(scales), x, acc);
  }
};

template <class V, int C>
struct BlockProduct<V, TileForm::signed8_channel, C> {
  static void add(const std::uint8_t* codes, const std::byte* scales, std::int64_t,
                  const BlockInputs<C>& x, typename V::F (&acc)[C]) {
    add_signed<V, C>(codes, V::load_f32(scales), x, acc);
  }
};

/// Integer sums of a block of nibbles, from `sums` on.
template <class V, int C>
inline void add_nibbles(const std::uint8_t* codes, const BlockInputs<C>& x,
                        typename V::I (&sums)[C]) {
  for (int v = 0; v < 4; ++v) {
    const auto both = V::load_codes(codes + 64 * v);
    const auto low = V::low_nibbles(both), high = V::high_nibbles(both);
    for (int c = 0; c < C; ++c) {
      sums[c] = V::dot_unsigned(sums[c], low, four_codes<V>(x.codes[c] + 4 * v));
      sums[c] = V::dot_unsigned(sums[c], high, four_codes<V>(x.codes[c] + 16 + 4 * v));
    }
  }
}

template <class V, int C>
struct BlockProduct<V, TileForm::nibble, C> {
  static void add(const std::uint8_t* codes, const std::byte* scales, std::int64_t,
                  const BlockInputs<C>& x, typename V::F (&acc)[C]) {
    typename V::I sums[C];
    for (int c = 0; c < C; ++c) sums[c] = V::broadcast(-8 * (x.sums[c][0] + x.sums[c][1]));
    add_nibbles<V, C>(codes, x, sums);
    const auto d = V::load_f16(scales);
    for (int c = 0; c < C; ++c) {
      acc[c] = V::fma(V::to_float(sums[c]), V::mul(d, V::set1(x.scale[c])), acc[c]);
    }
  }
};

template <class V, int C>
struct BlockProduct<V, TileForm::nibble_k, C> {
  // A group's scales: f16 d[16], f16 m[16], then s[16] and t[16] bytes for each of 8 blocks.
  static void add(const std::uint8_t* codes, const std::byte* scales, std::int64_t block,
                  const BlockInputs<C>& x, typename V::F (&acc)[C]) {
    typename V::I sums[C];
    for (int c = 0; c < C; ++c) sums[c] = V::broadcast(0);
    add_nibbles<V, C>(codes, x, sums);
    const std::byte* const steps = scales + 64 + block * 32;
    const auto d = V::mul(V::load_f16(scales), V::load_u8(steps));
    const auto m = V::mul(V::load_f16(scales + 32), V::load_u8(steps + 16));
    for (int c = 0; c < C; ++c) {
      const float total = static_cast<float>(-(x.sums[c][0] + x.sums[c][1])) * x.scale[c];
      acc[c] = V::fma(V::to_float(sums[c]), V::mul(d, V::set1(x.scale[c])), acc[c]);
      acc[c] = V::fma(m, V::set1(total), acc[c]);
    }
  }
};

template <class V, int C>
struct BlockProduct<V, TileForm::six, C> {
  // A group's scales: f16 d[16], then s[16] signed bytes for each of 16 half blocks.
  static void add(const std::uint8_t* codes, const std::byte* scales, std::int64_t block,
                  const BlockInputs<C>& x, typename V::F (&acc)[C]) {
    const auto d = V::load_f16(scales);
    half<0>(codes, d, scales + 32 + block * 32, x, acc);
    half<1>(codes, d, scales + 32 + block * 32 + 16, x, acc);
  }

 private:
  template <int h>
  static void half(const std::uint8_t* codes, typename V::F d, const std::byte* steps,
                   const BlockInputs<C>& x, typename V::F (&acc)[C]) {
    typename V::I sums[C];
    for (int c = 0; c < C; ++c) sums[c] = V::broadcast(-32 * x.sums[c][h]);
    const auto bits = V::load_codes(codes + 256 + 64 * h);
    quarter<h, 0>(codes, bits, x, sums);
    quarter<h, 1>(codes, bits, x, sums);
    quarter<h, 2>(codes, bits, x, sums);
    quarter<h, 3>(codes, bits, x, sums);
    const auto scale = V::mul(d, V::load_s8(steps));
    for (int c = 0; c < C; ++c) {
      acc[c] = V::fma(V::to_float(sums[c]), V::mul(scale, V::set1(x.scale[c])), acc[c]);
    }
  }
  template <int h, int p>
  static void quarter(const std::uint8_t* codes, typename V::I bits, const BlockInputs<C>& x,
                      typename V::I (&sums)[C]) {
    const auto both = V::load_codes(codes + 64 * p);
    const auto low = h == 0 ? V::low_nibbles(both) : V::high_nibbles(both);
    const auto w = V::either(low, V::template bit_pair<p>(bits));
    for (int c = 0; c < C; ++c) {
      sums[c] = V::dot_unsigned(sums[c], w, four_codes<V>(x.codes[c] + 16 * h + 4 * p));
    }
  }
};

template <class V, TileForm form>
class TiledProduct {
 public:
  TiledProduct(const TiledMatrix& weight, const QuantisedRows& input, const ProductTarget& target)
      : weight_(weight),
        input_(input),
        target_(target),
        blocks_(weight.blocks()),
        blocks_a_group_(weight.group / kBlock) {}

  void decode(std::int64_t begin, std::int64_t end) const {
    std::int64_t tile = begin;
    for (; tile + V::kTileStreams <= end; tile += V::kTileStreams) {
      tiles<V::kTileStreams, 1>(tile, 0);
    }
    for (; tile < end; ++tile) tiles<1, 1>(tile, 0);
  }

  void many(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t first = begin; first < end; first += kBlockTiles) {
      const std::int64_t last = std::min(first + kBlockTiles, end);
      for (std::int64_t r = 0; r < rows; r += V::kTiledInputs) {
        for (std::int64_t tile = first; tile < last; ++tile) {
          inputs<V::kTiledInputs>(tile, r, std::min<std::int64_t>(V::kTiledInputs, rows - r));
        }
      }
    }
  }

 private:
  template <int C>
  void inputs(std::int64_t tile, std::int64_t r, std::int64_t count) const {
    if (count == C) {
      tiles<1, C>(tile, r);
    } else if constexpr (C > 1) {
      inputs<C - 1>(tile, r, count);
    }
  }

  template <int T, int C>
  void tiles(std::int64_t tile, std::int64_t r) const {
    typename V::F acc[T][C];
    for (int t = 0; t < T; ++t) {
      for (int c = 0; c < C; ++c) acc[t][c] = V::zero();
    }
    const std::int64_t code_bytes = weight_.code_bytes_per_block;
    const std::int64_t groups = weight_.groups();
    const std::int64_t stream = blocks_ * code_bytes;
    const std::uint8_t* codes[T];
    const std::byte* scales[T];
    for (int t = 0; t < T; ++t) {
      codes[t] = weight_.codes + (tile + t) * blocks_ * code_bytes;
      scales[t] = weight_.scales + (tile + t) * groups * weight_.scale_bytes_per_group;
    }
    std::int64_t in_group = 0;
    for (std::int64_t b = 0; b < blocks_; ++b) {
      BlockInputs<C> x;
      for (int c = 0; c < C; ++c) {
        x.codes[c] = input_.codes + (r + c) * input_.code_stride + b * kBlock;
        x.scale[c] = input_.scales[(r + c) * input_.scale_stride + b];
        const std::int32_t* const sums = input_.sums + 2 * ((r + c) * input_.scale_stride + b);
        x.sums[c][0] = sums[0];
        x.sums[c][1] = sums[1];
      }
      if constexpr (C == 1) {
        // Near the end of these tiles the ones that follow are asked for.
        const std::int64_t ahead =
            b * code_bytes + kTileAhead < stream ? kTileAhead : kTileAhead + (T - 1) * stream;
        for (int t = 0; t < T; ++t) {
          for (std::int64_t line = 0; line < code_bytes; line += 64) {
            V::prefetch(codes[t] + line + ahead);
          }
        }
      }
      for (int t = 0; t < T; ++t) {
        BlockProduct<V, form, C>::add(codes[t], scales[t], in_group, x, acc[t]);
        codes[t] += code_bytes;
      }
      if (++in_group == blocks_a_group_) {
        in_group = 0;
        for (int t = 0; t < T; ++t) scales[t] += weight_.scale_bytes_per_group;
      }
    }
    for (int t = 0; t < T; ++t) {
      const std::int64_t o = (tile + t) * kTileRows;
      for (int c = 0; c < C; ++c) {
        store_product<V>(target_, r + c, o, acc[t][c], std::min(kTileRows, weight_.out - o));
      }
    }
  }

  const TiledMatrix& weight_;
  const QuantisedRows& input_;
  const ProductTarget& target_;
  std::int64_t blocks_, blocks_a_group_;
};

template <class V, TileForm form>
void tiled_product_of(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                      std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const TiledProduct<V, form> product(weight, input, target);
  if (rows == 1) {
    product.decode(begin, end);
  } else {
    product.many(rows, begin, end);
  }
}

template <class V>
void tiled_product(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                   std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  switch (weight.form) {
    case TileForm::signed8:
      return tiled_product_of<V, TileForm::signed8>(weight, input, rows, begin, end, target);
    case TileForm::signed8_channel:
      return tiled_product_of<V, TileForm::signed8_channel>(weight, input, rows, begin, end,
                                                            target);
    case TileForm::nibble:
      return tiled_product_of<V, TileForm::nibble>(weight, input, rows, begin, end, target);
    case TileForm::nibble_k:
      return tiled_product_of<V, TileForm::nibble_k>(weight, input, rows, begin, end, target);
    case TileForm::six:
      return tiled_product_of<V, TileForm::six>(weight, input, rows, begin, end, target);
    case TileForm::nibble_zero:
    case TileForm::e4m3:
      return;  // take floats: decoded_product.h
  }
}

template <class V>
void quantise(const float* input, std::int64_t count, std::int64_t row, std::int64_t begin,
              std::int64_t end, const QuantisedRows& output) {
  for (std::int64_t b = begin; b < end; ++b) {
    const float* x = input + b * kBlock;
    float filled_up[kBlock] = {};
    if (count < (b + 1) * kBlock) {
      std::memcpy(filled_up, x, static_cast<std::size_t>(count - b * kBlock) * sizeof(float));
      x = filled_up;
    }
    const auto low = V::load(x), high = V::load(x + kLanes);
    const float most = V::largest(V::max(V::abs(low), V::abs(high)));
    // Below this the inverse would overflow; such activations count as zero.
    const float inverse = most > 1e-30F ? 127.0F / most : 0.0F;
    const auto factor = V::set1(inverse);
    const auto first = V::round(V::mul(low, factor)), second = V::round(V::mul(high, factor));
    std::int8_t* const codes = output.codes + row * output.code_stride + b * kBlock;
    V::store_codes(codes, first);
    V::store_codes(codes + kLanes, second);
    const std::int64_t at = row * output.scale_stride + b;
    output.scales[at] = most / 127.0F;
    output.sums[2 * at] = V::sum_codes(first);
    output.sums[2 * at + 1] = V::sum_codes(second);
  }
}

}  // namespace ridgepoint::host

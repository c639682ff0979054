// Products of quantised weights with quantised activations, tile by tile (see TiledMatrix): integer
// sums over a block of 32 inputs, then one multiplication by both scales. What a code is offset by
// is taken off through the sums of the activations' codes before a block begins.
#pragma once

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

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

/// T tiles of weights at one block: where their codes and the scales of its group are.
template <int T>
struct BlockWeights {
  const std::uint8_t* codes[T];
  const std::byte* scales[T];
};

/// Adds a block's part of T tiles times C activations to acc. An activation's four codes are
/// fetched once for all tiles.
template <class V, TileForm form, int T, int C>
struct BlockProduct;

/// acc += sums times both scales.
template <class V, int T, int C>
inline void add_scaled(const typename V::I (&sums)[T][C], const typename V::F (&d)[T],
                       const BlockInputs<C>& x, typename V::F (&acc)[T][C]) {
  for (int c = 0; c < C; ++c) {
    const auto scale = V::set1(x.scale[c]);
    for (int t = 0; t < T; ++t) {
      acc[t][c] = V::fma(V::to_float(sums[t][c]), V::mul(d[t], scale), acc[t][c]);
    }
  }
}

template <class V, int T, int C>
inline void start_sums(const std::int32_t (&from)[C], typename V::I (&sums)[T][C]) {
  for (int c = 0; c < C; ++c) {
    for (int t = 0; t < T; ++t) sums[t][c] = V::broadcast(from[c]);
  }
}

/// A block of signed bytes whose rows have the scales d.
template <class V, int T, int C>
inline void add_signed(const BlockWeights<T>& w, const typename V::F (&d)[T],
                       const BlockInputs<C>& x, typename V::F (&acc)[T][C]) {
  std::int32_t bias[C];
  for (int c = 0; c < C; ++c) bias[c] = -V::kSignedBias * (x.sums[c][0] + x.sums[c][1]);
  typename V::I sums[T][C];
  start_sums<V, T, C>(bias, sums);
  for (int v = 0; v < 8; ++v) {
    typename V::I four[T];
    for (int t = 0; t < T; ++t) four[t] = V::prepare_signed(V::load_codes(w.codes[t] + 64 * v));
    for (int c = 0; c < C; ++c) {
      const auto input = four_codes<V>(x.codes[c] + 4 * v);
      for (int t = 0; t < T; ++t) sums[t][c] = V::dot_signed(sums[t][c], four[t], input);
    }
  }
  add_scaled<V, T, C>(sums, d, x, acc);
}

template <class V, int T, int C>
struct BlockProduct<V, TileForm::signed8, T, C> {
  static void add(const BlockWeights<T>& w, std::int64_t, const BlockInputs<C>& x,
                  typename V::F (&acc)[T][C]) {
    typename V::F d[T];
    for (int t = 0; t < T; ++t) d[t] = V::load_f16(w.scales[t]);
    add_signed<V, T, C>(w, d, x, acc);
  }
};

template <class V, int T, int C>
struct BlockProduct<V, TileForm::signed8_channel, T, C> {
  static void add(const BlockWeights<T>& w, std::int64_t, const BlockInputs<C>& x,
                  typename V::F (&acc)[T][C]) {
    typename V::F d[T];
    for (int t = 0; t < T; ++t) d[t] = V::load_f32(w.scales[t]);
    add_signed<V, T, C>(w, d, x, acc);
  }
};

/// Integer sums of a block of nibbles, from `sums` on.
template <class V, int T, int C>
inline void add_nibbles(const BlockWeights<T>& w, const BlockInputs<C>& x,
                        typename V::I (&sums)[T][C]) {
  for (int v = 0; v < 4; ++v) {
    typename V::I low[T], high[T];
    for (int t = 0; t < T; ++t) {
      const auto both = V::load_codes(w.codes[t] + 64 * v);
      low[t] = V::low_nibbles(both);
      high[t] = V::high_nibbles(both);
    }
    for (int c = 0; c < C; ++c) {
      const auto first = four_codes<V>(x.codes[c] + 4 * v);
      const auto second = four_codes<V>(x.codes[c] + 16 + 4 * v);
      for (int t = 0; t < T; ++t) sums[t][c] = V::dot_unsigned(sums[t][c], low[t], first);
      for (int t = 0; t < T; ++t) sums[t][c] = V::dot_unsigned(sums[t][c], high[t], second);
    }
  }
}

template <class V, int T, int C>
struct BlockProduct<V, TileForm::nibble, T, C> {
  static void add(const BlockWeights<T>& w, std::int64_t, const BlockInputs<C>& x,
                  typename V::F (&acc)[T][C]) {
    std::int32_t bias[C];
    for (int c = 0; c < C; ++c) bias[c] = -8 * (x.sums[c][0] + x.sums[c][1]);
    typename V::I sums[T][C];
    start_sums<V, T, C>(bias, sums);
    add_nibbles<V, T, C>(w, x, sums);
    typename V::F d[T];
    for (int t = 0; t < T; ++t) d[t] = V::load_f16(w.scales[t]);
    add_scaled<V, T, C>(sums, d, x, acc);
  }
};

template <class V, int T, int C>
struct BlockProduct<V, TileForm::five, T, C> {
  static void add(const BlockWeights<T>& w, std::int64_t, const BlockInputs<C>& x,
                  typename V::F (&acc)[T][C]) {
    std::int32_t bias[C];
    for (int c = 0; c < C; ++c) bias[c] = -16 * (x.sums[c][0] + x.sums[c][1]);
    typename V::I sums[T][C], bits[T];
    start_sums<V, T, C>(bias, sums);
    for (int t = 0; t < T; ++t) bits[t] = V::load_codes(w.codes[t] + 256);
    eighths<0>(w, bits, x, sums);
    eighths<1>(w, bits, x, sums);
    eighths<2>(w, bits, x, sums);
    eighths<3>(w, bits, x, sums);
    typename V::F d[T];
    for (int t = 0; t < T; ++t) d[t] = V::load_f16(w.scales[t]);
    add_scaled<V, T, C>(sums, d, x, acc);
  }

 private:
  template <int v>
  static void eighths(const BlockWeights<T>& w, const typename V::I (&bits)[T],
                      const BlockInputs<C>& x, typename V::I (&sums)[T][C]) {
    typename V::I low[T], high[T];
    for (int t = 0; t < T; ++t) {
      const auto both = V::load_codes(w.codes[t] + 64 * v);
      low[t] = V::either(V::low_nibbles(both), V::template fifth_bit<v>(bits[t]));
      high[t] = V::either(V::high_nibbles(both), V::template fifth_bit<v + 4>(bits[t]));
    }
    for (int c = 0; c < C; ++c) {
      const auto first = four_codes<V>(x.codes[c] + 4 * v);
      const auto second = four_codes<V>(x.codes[c] + 16 + 4 * v);
      for (int t = 0; t < T; ++t) sums[t][c] = V::dot_unsigned(sums[t][c], low[t], first);
      for (int t = 0; t < T; ++t) sums[t][c] = V::dot_unsigned(sums[t][c], high[t], second);
    }
  }
};

template <class V, int T, int C>
struct BlockProduct<V, TileForm::nibble_k, T, C> {
  // A group's scales: f16 d[16], f16 m[16], then s[16] and t[16] bytes for each of 8 blocks.
  static void add(const BlockWeights<T>& w, std::int64_t block, const BlockInputs<C>& x,
                  typename V::F (&acc)[T][C]) {
    typename V::I sums[T][C];
    start_sums<V, T, C>({}, sums);
    add_nibbles<V, T, C>(w, x, sums);
    typename V::F d[T], m[T];
    for (int t = 0; t < T; ++t) {
      const std::byte* const steps = w.scales[t] + 64 + block * 32;
      d[t] = V::mul(V::load_f16(w.scales[t]), V::load_u8(steps));
      m[t] = V::mul(V::load_f16(w.scales[t] + 32), V::load_u8(steps + 16));
    }
    add_scaled<V, T, C>(sums, d, x, acc);
    for (int c = 0; c < C; ++c) {
      const auto total = V::set1(static_cast<float>(-(x.sums[c][0] + x.sums[c][1])) * x.scale[c]);
      for (int t = 0; t < T; ++t) acc[t][c] = V::fma(m[t], total, acc[t][c]);
    }
  }
};

template <class V, int T, int C>
struct BlockProduct<V, TileForm::six, T, C> {
  // A group's scales: f16 d[16], then s[16] signed bytes for each of 16 half blocks.
  static void add(const BlockWeights<T>& w, std::int64_t block, const BlockInputs<C>& x,
                  typename V::F (&acc)[T][C]) {
    half<0>(w, block, x, acc);
    half<1>(w, block, x, acc);
  }

 private:
  template <int h>
  static void half(const BlockWeights<T>& w, std::int64_t block, const BlockInputs<C>& x,
                   typename V::F (&acc)[T][C]) {
    std::int32_t bias[C];
    for (int c = 0; c < C; ++c) bias[c] = -32 * x.sums[c][h];
    typename V::I sums[T][C], bits[T];
    start_sums<V, T, C>(bias, sums);
    for (int t = 0; t < T; ++t) bits[t] = V::load_codes(w.codes[t] + 256 + 64 * h);
    quarter<h, 0>(w, bits, x, sums);
    quarter<h, 1>(w, bits, x, sums);
    quarter<h, 2>(w, bits, x, sums);
    quarter<h, 3>(w, bits, x, sums);
    typename V::F d[T];
    for (int t = 0; t < T; ++t) {
      d[t] = V::mul(V::load_f16(w.scales[t]), V::load_s8(w.scales[t] + 32 + block * 32 + 16 * h));
    }
    add_scaled<V, T, C>(sums, d, x, acc);
  }
  template <int h, int p>
  static void quarter(const BlockWeights<T>& w, const typename V::I (&bits)[T],
                      const BlockInputs<C>& x, typename V::I (&sums)[T][C]) {
    typename V::I codes[T];
    for (int t = 0; t < T; ++t) {
      const auto both = V::load_codes(w.codes[t] + 64 * p);
      const auto low = h == 0 ? V::low_nibbles(both) : V::high_nibbles(both);
      codes[t] = V::either(low, V::template bit_pair<p>(bits[t]));
    }
    for (int c = 0; c < C; ++c) {
      const auto input = four_codes<V>(x.codes[c] + 16 * h + 4 * p);
      for (int t = 0; t < T; ++t) sums[t][c] = V::dot_unsigned(sums[t][c], codes[t], input);
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
    if (weight_.walk.several_tiles) {
      for (; tile + V::kTileStreams <= end; tile += V::kTileStreams) {
        streams<V::kTileStreams>(tile);
      }
    }
    for (; tile < end; ++tile) streams<1>(tile);
  }

  /// A group of tiles stays in the L2 cache while all activations pass; on the way the group that
  /// follows is asked for.
  void many(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    const std::int64_t group_bytes = kBlockTiles * blocks_ * weight_.code_bytes_per_block;
    for (std::int64_t first = begin; first < end; first += kBlockTiles) {
      group(rows, first, std::min(first + kBlockTiles, end),
            weight_.codes + first * blocks_ * weight_.code_bytes_per_block + group_bytes);
    }
  }

  /// Tiles [first, last). What is at `next` is asked for, as many bytes as these have: a part for
  /// each of their blocks in each pass, so that its coming takes as long as the work on these.
  void group(std::int64_t rows, std::int64_t first, std::int64_t last,
             const std::uint8_t* next) const {
    const std::int64_t passes = (rows + V::kTiledInputs - 1) / V::kTiledInputs;
    const std::int64_t lines = weight_.code_bytes_per_block / kLine;
    const std::uint8_t* const codes_of_first =
        weight_.codes + first * blocks_ * weight_.code_bytes_per_block;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const std::int64_t r = pass * V::kTiledInputs;
      const std::int64_t from = pass * lines / passes, to = (pass + 1) * lines / passes;
      const auto ask = [=](const std::uint8_t* codes, std::int64_t) {
        for (std::int64_t line = from; line < to; ++line) {
          V::prefetch(next + (codes - codes_of_first) + line * kLine);
        }
      };
      std::int64_t tile = first;
      for (; tile + V::kTiledTiles <= last; tile += V::kTiledTiles) {
        inputs<V::kTiledTiles, V::kTiledInputs>(tile, r, rows - r, ask);
      }
      for (; tile < last; ++tile) inputs<1, V::kTiledInputs>(tile, r, rows - r, ask);
    }
  }

 private:
  static constexpr std::int64_t kLine = 64;

  /// T tiles for one activation, each a stream of its own.
  template <int T>
  void streams(std::int64_t tile) const {
    const std::int64_t code_bytes = weight_.code_bytes_per_block;
    const std::int64_t stream = blocks_ * code_bytes, ahead_bytes = weight_.walk.ahead_bytes;
    tiles<T, 1>(tile, 0, [=](const std::uint8_t* codes, std::int64_t b) {
      // Near the end of these tiles the ones that follow are asked for.
      const std::int64_t ahead =
          b * code_bytes + ahead_bytes < stream ? ahead_bytes : ahead_bytes + (T - 1) * stream;
      for (std::int64_t line = 0; line < code_bytes; line += kLine) {
        V::prefetch(codes + line + ahead);
      }
    });
  }

  template <int T, int C, class Ask>
  void inputs(std::int64_t tile, std::int64_t r, std::int64_t left, const Ask& ask) const {
    if (left >= C) {
      tiles<T, C>(tile, r, ask);
    } else if constexpr (C > 1) {
      inputs<T, C - 1>(tile, r, left, ask);
    }
  }

  /// `ask(codes, b)` fetches what will be needed later, at block b of each tile.
  template <int T, int C, class Ask>
  void tiles(std::int64_t tile, std::int64_t r, const Ask& ask) const {
    typename V::F acc[T][C];
    for (int t = 0; t < T; ++t) {
      for (int c = 0; c < C; ++c) acc[t][c] = V::zero();
    }
    const std::int64_t code_bytes = weight_.code_bytes_per_block;
    const std::int64_t tile_codes = blocks_ * code_bytes;
    const std::int64_t tile_scales = weight_.groups() * weight_.scale_bytes_per_group;
    BlockWeights<T> w;
    for (int t = 0; t < T; ++t) {
      w.codes[t] = weight_.codes + (tile + t) * tile_codes;
      w.scales[t] = weight_.scales + (tile + t) * tile_scales;
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
      for (int t = 0; t < T; ++t) ask(w.codes[t], b);
      BlockProduct<V, form, T, C>::add(w, in_group, x, acc);
      for (int t = 0; t < T; ++t) w.codes[t] += code_bytes;
      if (++in_group == blocks_a_group_) {
        in_group = 0;
        for (int t = 0; t < T; ++t) w.scales[t] += weight_.scale_bytes_per_group;
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
    case TileForm::five:
      return tiled_product_of<V, TileForm::five>(weight, input, rows, begin, end, target);
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

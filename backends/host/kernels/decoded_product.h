// Products of tiled weights with float activations: codes become floats on the way (takes_floats in
// kernels.h).
//
// Few activations: a vector of codes is decoded in registers and multiplied at once, group by
// group: d * (sum of code * x - zero * sum of x). Several tiles are read side by side, as in
// plain_product.h. Many activations: panels (float_panels.h) of the very floats that the weights
// mean.
#pragma once

#include <utility>

#include "backends/host/kernels/float_panels.h"
#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

static_assert(kPanelInputs % kBlock == 0);
/// Bytes of a tile, asked for before they are needed: as far with every ReadWalk, since decoding
/// takes longer than fetching does.
inline constexpr std::int64_t kDecodeAhead = 1024;

/// What a form's codes are as floats, and what its scales do to them.
template <class V, TileForm form>
struct Decoding;

template <class V>
struct Decoding<V, TileForm::nibble_zero> {
  static constexpr int kInputs = 8;  // of a vector of codes
  static constexpr bool kHasZero = true;
  using F = typename V::F;
  struct Scales {
    F d, zero;
  };
  template <int k>
  static F code(typename V::I& codes) {
    return V::template signed_nibble<k>(codes);
  }
  /// The zero is of codes less 8, as they are.
  static Scales scales(const std::byte* from) {
    return {V::load_f16(from), V::sub(V::load_f16(from + 2 * kTileRows), V::set1(8.0F))};
  }
  static F weight(const Scales& scales, F code) {
    return V::mul(scales.d, V::sub(code, scales.zero));
  }
  /// A group's share, of the sum of code * x and that of x.
  static F add(const Scales& scales, F products, F inputs, F acc) {
    return V::fma(scales.d, V::sub(products, V::mul(scales.zero, inputs)), acc);
  }
};

template <class V>
struct Decoding<V, TileForm::e4m3> {
  static constexpr int kInputs = 4;
  static constexpr bool kHasZero = false;
  using F = typename V::F;
  struct Scales {
    F d;
  };
  template <int k>
  static F code(typename V::I& codes) {
    return V::template e4m3<k>(codes);
  }
  static Scales scales(const std::byte* from) { return {V::load_f32(from)}; }
  static F weight(const Scales& scales, F code) { return V::mul(scales.d, code); }
  static F add(const Scales& scales, F products, F, F acc) {
    return V::fma(scales.d, products, acc);
  }
};

template <class V, TileForm form>
class DecodedProduct {
 public:
  DecodedProduct(const TiledMatrix& weight, const FloatRows& input, const ProductTarget& target)
      : weight_(weight),
        input_(input),
        target_(target),
        blocks_(weight.blocks()),
        blocks_a_group_(weight.group / kBlock) {}

  /// At most V::kDirectInputs rows.
  void few(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    few_rows<V::kDirectInputs>(rows, begin, end);
  }

  void many(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    FloatPanels<V> panels(input_, target_, weight_.in, weight_.out);
    panels.run(rows, begin * kTileRows, end * kTileRows,
               [&](float* panel, std::int64_t o, std::int64_t first, std::int64_t count) {
                 const std::int64_t tile = o / kTileRows;
                 fill(panel, tile, std::min<std::int64_t>(T, end - tile), first / kBlock,
                      (count + kBlock - 1) / kBlock);
               });
  }

 private:
  using F = typename V::F;
  using Decode = Decoding<V, form>;
  static constexpr int T = V::kPanelTiles;
  static constexpr int kVectors = static_cast<int>(kBlock) / Decode::kInputs;  // of a block

  /// Calls work.operator()<k>() for each input k of a vector of codes, in order.
  template <typename Work>
  static void each_input(const Work& work) {
    [&]<int... k>(std::integer_sequence<int, k...>) {
      (work.template operator()<k>(), ...);
    }
    (std::make_integer_sequence<int, Decode::kInputs>());
  }

  template <int C>
  void few_rows(std::int64_t rows, std::int64_t begin, std::int64_t end) const {
    if (rows == C) {
      constexpr int kAtOnce = C == 1 ? V::kDirectTiles : std::max(1, V::kDirectTiles / 2);
      std::int64_t tile = begin;
      for (; tile + kAtOnce <= end; tile += kAtOnce) direct<kAtOnce, C>(tile);
      for (; tile < end; ++tile) direct<1, C>(tile);
    } else if constexpr (C > 1) {
      few_rows<C - 1>(rows, begin, end);
    }
  }

  /// Tiles `tile`... by all C activations.
  template <int N, int C>
  void direct(std::int64_t tile) const {
    constexpr int kChains = C == 1 ? V::kDirectChains : 1;  // of sums that wait for themselves
    F acc[N][C];
    const std::int64_t code_bytes = weight_.code_bytes_per_block;
    const std::int64_t stream = blocks_ * code_bytes, groups = weight_.groups();
    const std::uint8_t* codes[N];
    const std::byte* scales[N];
    for (int t = 0; t < N; ++t) {
      codes[t] = weight_.codes + (tile + t) * stream;
      scales[t] = weight_.scales + (tile + t) * groups * weight_.scale_bytes_per_group;
      for (int c = 0; c < C; ++c) acc[t][c] = V::zero();
    }
    // What there is of a last block that is not whole, filled up.
    float rest[C][kBlock] = {};
    const std::int64_t whole = weight_.in / kBlock;
    for (int c = 0; c < C && whole < blocks_; ++c) {
      std::memcpy(rest[c], input_.data + c * input_.stride + whole * kBlock,
                  static_cast<std::size_t>(weight_.in - whole * kBlock) * sizeof(float));
    }
    for (std::int64_t g = 0; g < groups; ++g) {
      F products[N][C][kChains], inputs[C];
      for (int c = 0; c < C; ++c) {
        inputs[c] = V::zero();
        for (int t = 0; t < N; ++t) {
          for (auto& chain : products[t][c]) chain = V::zero();
        }
      }
      for (std::int64_t b = g * blocks_a_group_; b < (g + 1) * blocks_a_group_; ++b) {
        const float* x[C];
        for (int c = 0; c < C; ++c) {
          x[c] = b < whole ? input_.data + c * input_.stride + b * kBlock : rest[c];
        }
        // Near the end of these tiles the ones that follow are asked for.
        const std::int64_t ahead =
            b * code_bytes + kDecodeAhead < stream ? kDecodeAhead : kDecodeAhead + (N - 1) * stream;
        for (int v = 0; v < kVectors; ++v) {
          typename V::I vector[N];
          for (int t = 0; t < N; ++t) {
            V::prefetch(codes[t] + 64 * v + ahead);
            vector[t] = V::load_codes(codes[t] + 64 * v);
          }
          each_input([&]<int k>() {
            F value[C];
            for (int c = 0; c < C; ++c) value[c] = V::set1(x[c][Decode::kInputs * v + k]);
            for (int t = 0; t < N; ++t) {
              const F w = Decode::template code<k>(vector[t]);
              for (int c = 0; c < C; ++c) {
                F& chain = products[t][c][k % kChains];
                chain = V::fma(w, value[c], chain);
              }
            }
          });
        }
        for (int t = 0; t < N; ++t) codes[t] += code_bytes;
        if constexpr (Decode::kHasZero) {
          for (int c = 0; c < C; ++c) {
            inputs[c] = V::add(inputs[c], V::add(V::load(x[c]), V::load(x[c] + kLanes)));
          }
        }
      }
      if constexpr (Decode::kHasZero) {
        for (int c = 0; c < C; ++c) inputs[c] = V::set1(V::sum(inputs[c]));
      }
      for (int t = 0; t < N; ++t) {
        V::prefetch(scales[t] + kDecodeAhead / 4);
        const auto of_group = Decode::scales(scales[t]);
        for (int c = 0; c < C; ++c) {
          F sum = products[t][c][0];
          for (int chain = 1; chain < kChains; ++chain) sum = V::add(sum, products[t][c][chain]);
          acc[t][c] = Decode::add(of_group, sum, inputs[c], acc[t][c]);
        }
        scales[t] += weight_.scale_bytes_per_group;
      }
    }
    for (int t = 0; t < N; ++t) {
      const std::int64_t o = (tile + t) * kTileRows;
      for (int c = 0; c < C; ++c) {
        store_product<V>(target_, c, o, acc[t][c], std::min(kTileRows, weight_.out - o));
      }
    }
  }

  /// panel[(i * T + t) * 16 + row], i over `count` blocks of inputs; zeros for tiles there are not.
  void fill(float* panel, std::int64_t tile, std::int64_t tiles, std::int64_t block,
            std::int64_t count) const {
    for (std::int64_t t = 0; t < T; ++t) {
      float* to = panel + t * kTileRows;
      if (t >= tiles) {
        for (std::int64_t i = 0; i < count * kBlock; ++i) {
          V::store(to + i * T * kTileRows, V::zero());
        }
        continue;
      }
      const std::uint8_t* codes =
          weight_.codes + ((tile + t) * blocks_ + block) * weight_.code_bytes_per_block;
      const std::byte* const scales =
          weight_.scales + (tile + t) * weight_.groups() * weight_.scale_bytes_per_group;
      for (std::int64_t b = block; b < block + count; ++b) {
        const auto of_group =
            Decode::scales(scales + b / blocks_a_group_ * weight_.scale_bytes_per_group);
        for (int v = 0; v < kVectors; ++v) {
          auto vector = V::load_codes(codes);
          each_input([&]<int k>() {
            V::store(to + k * T * kTileRows,
                     Decode::weight(of_group, Decode::template code<k>(vector)));
          });
          codes += 64;
          to += Decode::kInputs * T * kTileRows;
        }
      }
    }
  }

  const TiledMatrix& weight_;
  const FloatRows& input_;
  const ProductTarget& target_;
  std::int64_t blocks_, blocks_a_group_;
};

template <class V, TileForm form>
void decoded_product_of(const TiledMatrix& weight, const FloatRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const DecodedProduct<V, form> product(weight, input, target);
  if (rows <= V::kDirectInputs) {
    product.few(rows, begin, end);
  } else {
    product.many(rows, begin, end);
  }
}

template <class V>
void decoded_product(const TiledMatrix& weight, const FloatRows& input, std::int64_t rows,
                     std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  if (weight.form == TileForm::nibble_zero) {
    decoded_product_of<V, TileForm::nibble_zero>(weight, input, rows, begin, end, target);
  } else {
    decoded_product_of<V, TileForm::e4m3>(weight, input, rows, begin, end, target);
  }
}

}  // namespace ridgepoint::host

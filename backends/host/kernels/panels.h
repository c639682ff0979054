// Panels: what a product of many rows multiplies when both factors are bf16. Activations and
// weights are cut into tiles of 1 KiB, each 16 rows of 64 bytes:
//   activations  16 rows by 32 inputs: a row holds its inputs one after the other
//   weights      32 inputs by 16 outputs, as 16 pairs of neighbouring inputs: a row holds a pair of
//                every output, so that an output's sum stays in its lane
// That is the shape of AMX's tiles, and of vdpbf16ps with a broadcast pair. Panels of weights are
// tiles behind one another in the direction of the inputs; what lies past the last row, output or
// input is zero.
//
// An f16 has more bits of significand (11) than a bf16 (8), so f16 weights are split into a bf16
// and the rest, which is a bf16 too, exactly; so are their activations, all but 2^-16 of them.
#pragma once

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kTileBytes = 1024;
inline constexpr std::int64_t kStepInputs = 32;  // of a tile
inline constexpr std::int64_t kTileHeight = 16;  // rows of activations, or outputs

/// Elements of plain weights [o, o + height) at inputs [i, i + count), count <= kStepInputs, as a
/// tile of pairs; with `rest` also what rounding to bf16 left over.
template <class L, Type type>
void pack_plain_tile(const PlainMatrix& weight, std::int64_t o, std::int64_t height, std::int64_t i,
                     std::int64_t count, std::byte* tile, std::byte* rest) {
  const std::int64_t row_bytes = weight.in * kBytes<type>;
  typename L::I rows[kTileHeight], rests[kTileHeight];
  for (std::int64_t r = 0; r < kTileHeight; ++r) {
    alignas(64) std::byte padded[kStepInputs * 2];
    const std::byte* from = weight.data + (o + r) * row_bytes + i * kBytes<type>;
    if (r >= height || count < kStepInputs) {
      std::memset(padded, 0, sizeof padded);
      if (r < height) std::memcpy(padded, from, static_cast<std::size_t>(count * kBytes<type>));
      from = padded;
    }
    if constexpr (type == Type::bf16) {
      rows[r] = L::load_codes(from);
    } else {
      const auto first = load_as<L, type>(from);
      const auto second = load_as<L, type>(from + kLanes * kBytes<type>);
      rows[r] = L::narrow(first, second);
      rests[r] = L::narrow(L::sub(first, L::rounded(first)), L::sub(second, L::rounded(second)));
    }
  }
  const auto store = [](typename L::I(&from)[kTileHeight], std::byte* to) {
    L::transpose(from);
    for (const auto& row : from) {
      L::store_words(to, row);
      to += 64;
    }
  };
  store(rows, tile);
  if constexpr (type != Type::bf16) store(rests, rest);
}

/// Writes pairs `pair` and `pair` + 1 of a tile: w = scale * code + offset for the four unsigned
/// codes in each lane.
template <class L>
inline void pack_four_codes(typename L::I codes, typename L::F scale, typename L::F offset,
                            std::int64_t pair, std::byte* tile) {
  const auto first = L::fma(L::template byte_of<0>(codes), scale, offset);
  const auto second = L::fma(L::template byte_of<1>(codes), scale, offset);
  L::store_words(tile + pair * 64, L::pair(first, second));
  const auto third = L::fma(L::template byte_of<2>(codes), scale, offset);
  const auto fourth = L::fma(L::template byte_of<3>(codes), scale, offset);
  L::store_words(tile + (pair + 1) * 64, L::pair(third, fourth));
}

/// One block of a tile of quantised weights (see TileForm); `block` counts within its group.
template <class L, TileForm form>
struct BlockToPairs;

template <class L>
struct BlockToPairs<L, TileForm::signed8> {
  static void pack(const std::uint8_t* codes, const std::byte* scales, std::int64_t,
                   std::byte* tile) {
    const auto d = L::load_f16(scales);
    for (std::int64_t v = 0; v < 8; ++v) {
      const auto four = L::load_codes(codes + 64 * v);
      L::store_words(tile + 128 * v, L::pair(L::mul(L::template signed_byte_of<0>(four), d),
                                             L::mul(L::template signed_byte_of<1>(four), d)));
      L::store_words(tile + 128 * v + 64, L::pair(L::mul(L::template signed_byte_of<2>(four), d),
                                                  L::mul(L::template signed_byte_of<3>(four), d)));
    }
  }
};

template <class L>
inline void pack_nibbles(const std::uint8_t* codes, typename L::F scale, typename L::F offset,
                         std::byte* tile) {
  for (std::int64_t v = 0; v < 4; ++v) {
    const auto both = L::load_codes(codes + 64 * v);
    pack_four_codes<L>(L::low_nibbles(both), scale, offset, 2 * v, tile);
    pack_four_codes<L>(L::high_nibbles(both), scale, offset, 8 + 2 * v, tile);
  }
}

template <class L>
struct BlockToPairs<L, TileForm::nibble> {
  static void pack(const std::uint8_t* codes, const std::byte* scales, std::int64_t,
                   std::byte* tile) {
    const auto d = L::load_f16(scales);
    pack_nibbles<L>(codes, d, L::mul(d, L::set1(-8.0F)), tile);
  }
};

template <class L>
struct BlockToPairs<L, TileForm::five> {
  static void pack(const std::uint8_t* codes, const std::byte* scales, std::int64_t,
                   std::byte* tile) {
    const auto d = L::load_f16(scales);
    const auto bits = L::load_codes(codes + 256);
    eighths<0>(codes, bits, d, tile);
    eighths<1>(codes, bits, d, tile);
    eighths<2>(codes, bits, d, tile);
    eighths<3>(codes, bits, d, tile);
  }

 private:
  template <int v>
  static void eighths(const std::uint8_t* codes, typename L::I bits, typename L::F d,
                      std::byte* tile) {
    const auto both = L::load_codes(codes + 64 * v);
    const auto offset = L::mul(d, L::set1(-16.0F));
    pack_four_codes<L>(L::either(L::low_nibbles(both), L::template fifth_bit<v>(bits)), d, offset,
                       2 * v, tile);
    pack_four_codes<L>(L::either(L::high_nibbles(both), L::template fifth_bit<v + 4>(bits)), d,
                       offset, 8 + 2 * v, tile);
  }
};

template <class L>
struct BlockToPairs<L, TileForm::nibble_k> {
  static void pack(const std::uint8_t* codes, const std::byte* scales, std::int64_t block,
                   std::byte* tile) {
    const std::byte* const steps = scales + 64 + block * 32;
    const auto d = L::mul(L::load_f16(scales), L::load_u8(steps));
    const auto m = L::mul(L::load_f16(scales + 32), L::load_u8(steps + 16));
    pack_nibbles<L>(codes, d, L::sub(L::zero(), m), tile);
  }
};

template <class L>
struct BlockToPairs<L, TileForm::six> {
  static void pack(const std::uint8_t* codes, const std::byte* scales, std::int64_t block,
                   std::byte* tile) {
    const auto d = L::load_f16(scales);
    half<0>(codes, d, scales + 32 + block * 32, tile);
    half<1>(codes, d, scales + 32 + block * 32 + 16, tile);
  }

 private:
  template <int h>
  static void half(const std::uint8_t* codes, typename L::F d, const std::byte* steps,
                   std::byte* tile) {
    const auto bits = L::load_codes(codes + 256 + 64 * h);
    const auto scale = L::mul(d, L::load_s8(steps));
    const auto offset = L::mul(scale, L::set1(-32.0F));
    quarter<h, 0>(codes, bits, scale, offset, tile);
    quarter<h, 1>(codes, bits, scale, offset, tile);
    quarter<h, 2>(codes, bits, scale, offset, tile);
    quarter<h, 3>(codes, bits, scale, offset, tile);
  }
  template <int h, int p>
  static void quarter(const std::uint8_t* codes, typename L::I bits, typename L::F scale,
                      typename L::F offset, std::byte* tile) {
    const auto both = L::load_codes(codes + 64 * p);
    const auto low = h == 0 ? L::low_nibbles(both) : L::high_nibbles(both);
    pack_four_codes<L>(L::either(low, L::template bit_pair<p>(bits)), scale, offset, 8 * h + 2 * p,
                       tile);
  }
};

/// 32 inputs of one row of activations as a row of a tile; with `rest` also what rounding left
/// over.
template <class L>
inline void pack_inputs(typename L::F first, typename L::F second, std::byte* row,
                        std::byte* rest) {
  L::store_words(row, L::narrow(first, second));
  if (rest == nullptr) return;
  L::store_words(rest,
                 L::narrow(L::sub(first, L::rounded(first)), L::sub(second, L::rounded(second))));
}

}  // namespace ridgepoint::host

// How a type's blocks lie in a row as a file has them (BlockMatrix), and the two ways in which they
// are multiplied. RowsOf<V, type>, one for each type (rows_q8_0.h, rows_q4_k.h, rows_q6_k.h), has
//   kForm, kGroupBlocks, kCodeBytes, kScaleBytes  the tiles that its blocks become: blocks of 32
//                       inputs that share scales, bytes of codes for each of them, of scales for a
//                       group
//   kStepBlocks, kStepBytes  what a row goes forward by; kOdd: whether half a step may be left
//   Inputs<C>           C activations at a step, ready to be multiplied with several rows
//   add<R, C>(row, stride, inputs, sums)  adds the products of the steps of R rows that begin at
//                       `row`, `stride` bytes apart; sums stay apart in their lanes; add_odd<R, C>
//                       the same of half a step
//   put(...)            puts sixteen rows in the order of kForm
#pragma once

#include <type_traits>

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

template <class V, Type type>
struct RowsOf;

/// So many blocks of 32 inputs of a row.
template <class Rows>
constexpr std::int64_t bytes_of(std::int64_t blocks) {
  return blocks * Rows::kStepBytes / Rows::kStepBlocks;
}

/// Calls work(constant of the type) for a type that BlockMatrix takes.
template <class Work>
inline void with_block_type(Type type, const Work& work) {
  switch (type) {
    case Type::q4_k:
      return work(std::integral_constant<Type, Type::q4_k>());
    case Type::q6_k:
      return work(std::integral_constant<Type, Type::q6_k>());
    default:  // BlockMatrix::takes
      return work(std::integral_constant<Type, Type::q8_0>());
  }
}

/// Sixteen rows, or as many of them as there are, at one place.
struct SixteenRows {
  const std::uint8_t* first = nullptr;
  std::int64_t stride = 0;  ///< bytes from a row to the next
  std::int64_t count = kTileRows;
};

/// 64 bytes of each row, `at` bytes further on: afterwards words[i] holds word i of every row. Rows
/// that are not there are zero.
template <class V>
inline void words_of_rows(const SixteenRows& rows, std::int64_t at,
                          typename V::I (&words)[kTileRows]) {
  const std::uint8_t* from = rows.first + at;
  for (std::int64_t r = 0; r < rows.count; ++r, from += rows.stride) {
    words[r] = V::load_codes(from);
  }
  for (std::int64_t r = rows.count; r < kTileRows; ++r) words[r] = V::broadcast(0);
  V::transpose(words);
}

/// The two bytes of each row that lie `at` bytes further on.
template <class V>
inline void put_halves(const SixteenRows& rows, std::int64_t at, std::byte* to) {
  const std::uint8_t* from = rows.first + at;
  for (std::int64_t r = 0; r < rows.count; ++r, from += rows.stride) {
    std::memcpy(to + 2 * r, from, 2);
  }
}

/// Two blocks of 32 codes whose low four bits eight words of every row hold, the first block's in
/// low nibbles: as four vectors each, as TileForm::nibble has them. `apart` bytes lie between the
/// blocks' vectors.
template <class V>
inline void put_nibbles(const typename V::I* words, std::int64_t apart, std::uint8_t* codes) {
  for (int v = 0; v < 4; ++v) {
    const auto early = words[v], late = words[v + 4];
    V::store_codes(codes + 64 * v,
                   V::either(V::low_nibbles(early), V::nibbles_up(V::low_nibbles(late))));
    V::store_codes(codes + apart + 64 * v,
                   V::either(V::high_nibbles(early), V::nibbles_up(V::high_nibbles(late))));
  }
}

/// Blocks [b, b + blocks) of sixteen rows, one tile behind the other; what lies past the last row
/// becomes zero.
template <class V, Type type>
inline void put_blocks(const BlockMatrix& weight, std::int64_t o, std::int64_t height,
                       std::int64_t b, std::int64_t blocks, std::uint8_t* codes,
                       std::byte* scales) {
  using Rows = RowsOf<V, type>;
  const std::int64_t stride = bytes_of<Rows>(weight.blocks());
  SixteenRows rows{.first = weight.data + o * stride + bytes_of<Rows>(b),
                   .stride = stride,
                   .count = std::min(kTileRows, height)};
  if (rows.count < kTileRows) {
    std::memset(scales, 0,
                static_cast<std::size_t>(blocks / Rows::kGroupBlocks * Rows::kScaleBytes));
  }
  while (blocks > 0) {
    const std::int64_t count = Rows::put(rows, blocks, codes, scales);
    rows.first += bytes_of<Rows>(count);
    codes += count * Rows::kCodeBytes;
    scales += count / Rows::kGroupBlocks * Rows::kScaleBytes;
    blocks -= count;
  }
}

/// The same of tiles [first, last), one behind the other.
template <class V, Type type>
inline void put_tiles(const BlockMatrix& weight, std::int64_t first, std::int64_t last,
                      std::int64_t b, std::int64_t blocks, std::uint8_t* codes, std::byte* scales) {
  using Rows = RowsOf<V, type>;
  for (std::int64_t o = first * kTileRows; o < last * kTileRows; o += kTileRows) {
    put_blocks<V, type>(weight, o, weight.out - o, b, blocks, codes, scales);
    codes += blocks * Rows::kCodeBytes;
    scales += blocks / Rows::kGroupBlocks * Rows::kScaleBytes;
  }
}

}  // namespace ridgepoint::host

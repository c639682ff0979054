// Blocks of q8_0 as a file has them, put in the order of TileForm::signed8.
#pragma once

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kBlockCodeBytes = kTileRows * kBlock;
inline constexpr std::int64_t kBlockScaleBytes = kTileRows * 2;

/// `count` blocks, one or two, from block b on of `rows` rows from row o on: for sixteen rows a
/// block is eight words of each, so that two are a square to transpose. Codes of rows that are not
/// there become zero, their scales are left.
template <class V, int count>
inline void put_blocks(const BlockMatrix& weight, std::int64_t o, std::int64_t rows, std::int64_t b,
                       std::uint8_t* codes, std::byte* scales) {
  typename V::I words[kTileRows];
  const std::int64_t stride = weight.blocks() * BlockMatrix::kBytes;
  const std::uint8_t* first = weight.block(o, b);
  for (std::int64_t r = 0; r < rows; ++r, first += stride) {
    const std::uint8_t* const last = first + (count - 1) * BlockMatrix::kBytes;
    words[r] = V::load_codes(first + 2, last + 2);
    std::memcpy(scales + 2 * r, first, 2);
    if constexpr (count == 2) std::memcpy(scales + kBlockScaleBytes + 2 * r, last, 2);
  }
  for (std::int64_t r = rows; r < kTileRows; ++r) words[r] = V::broadcast(0);
  V::transpose(words);
  for (int v = 0; v < 8 * count; ++v) V::store_codes(codes + 64 * v, words[v]);
}

}  // namespace ridgepoint::host

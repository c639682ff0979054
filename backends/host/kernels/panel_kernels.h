// The products over panels of one way to pack and one kind of block, or of a machine of tiles.
#pragma once

#include "backends/host/kernels/byte_product.h"
#include "backends/host/kernels/panel_product.h"
#include "backends/host/kernels/tile_block.h"

namespace ridgepoint::host {

template <class L, class Block>
constexpr PanelKernels make_panel_kernels() {
  return {.plain_product = &panel_plain_product<L, Block>,
          .block_product = &panel_block_product<L, Block>,
          .tiled_product = &panel_tiled_product<L, Block>};
}

/// Panels in bf16, but bytes with one scale a row as bytes.
template <class L, class Machine>
bool tile_tiled_product(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  if (weight.form == TileForm::signed8_channel) {
    byte_product<L, Machine>(weight, input, rows, begin, end, target);
    return true;
  }
  return panel_tiled_product<L, TileBlock<Machine>>(weight, input, rows, begin, end, target);
}

template <class L, class Machine>
constexpr PanelKernels make_tile_kernels() {
  return {.plain_product = &panel_plain_product<L, TileBlock<Machine>>,
          .block_product = &panel_block_product<L, TileBlock<Machine>>,
          .tiled_product = &tile_tiled_product<L, Machine>};
}

}  // namespace ridgepoint::host

// The products over panels of one way to pack and one kind of block.
#pragma once

#include "backends/host/kernels/panel_product.h"

namespace ridgepoint::host {

template <class L, class Block>
constexpr PanelKernels make_panel_kernels() {
  return {.plain_product = &panel_plain_product<L, Block>,
          .block_product = &panel_block_product<L, Block>,
          .tiled_product = &panel_tiled_product<L, Block>};
}

}  // namespace ridgepoint::host

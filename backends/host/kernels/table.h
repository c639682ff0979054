// The table of kernels of one lane type.
#pragma once

#include "backends/host/kernels/attend.h"
#include "backends/host/kernels/block_product.h"
#include "backends/host/kernels/decoded_product.h"
#include "backends/host/kernels/elementwise.h"
#include "backends/host/kernels/plain_product.h"
#include "backends/host/kernels/tiled_product.h"

namespace ridgepoint::host {

template <class V>
constexpr Kernels make_kernels() {
  return {.isa = V::kIsa,
          .attention_queries = V::kQueries,
          .plain_product = &plain_product<V>,
          .tiled_product = &tiled_product<V>,
          .block_product = &block_product<V>,
          .put_blocks_in_tiles = &put_blocks_in_tiles<V>,
          .decoded_product = &decoded_product<V>,
          .quantise = &quantise<V>,
          .attend = &attend<V>,
          .append_key = &append_key<V>,
          .append_value = &append_value<V>,
          .rms_norm = &rms_norm<V>,
          .layer_norm = &layer_norm<V>,
          .add = &add<V>,
          .silu_gate = &silu_gate<V>,
          .gelu_tanh = &gelu_tanh<V>,
          .softmax = &softmax<V>,
          .largest = &largest<V>};
}

}  // namespace ridgepoint::host

// A block of a product over panels by a machine of eight tiles: AMX (amx_tiles.h) or what stands
// for it where there is none (emulated_tiles.h). A machine is configured when it is made and left
// as it was found when it goes; tile numbers are known when this is compiled, as the instructions
// want:
//   zero<t>(), load<t>(from, stride), load_passing<t>(from, stride), store<t>(to, stride),
//   dot<sum, inputs, weights>(), of bf16; dot_bytes<sum, inputs, weights>(), of signed bytes
//   (byte_product.h)
//
// Two by two tiles of sums stay in registers over all steps, so that each tile loaded is used
// twice: 4 KiB of loads for four products of 16 cycles.
#pragma once

#include "backends/host/kernels/panel_product.h"

namespace ridgepoint::host {

template <class Machine>
class TileBlock {
 public:
  /// 32 KiB of weights stay in the first-level cache while the activations (512 KiB) pass from the
  /// second: both from there would be more than it gives.
  static constexpr std::int64_t kDepth = 512, kGroupOutputs = kBlockOutputs;

  /// sums[r * kBlockOutputs + o] over all pairs of factors; `tall` and `wide`: more than one tile
  /// of rows, of outputs.
  void multiply(std::span<const BlockPanels> factors, bool tall, bool wide, float* sums) {
    if (tall) {
      wide ? tiles<2, 2>(factors, sums) : tiles<2, 1>(factors, sums);
    } else {
      wide ? tiles<1, 2>(factors, sums) : tiles<1, 1>(factors, sums);
    }
  }

 private:
  // Sums are tiles 0 to 3, row by row; activations 4 and 5; weights 6 and 7.
  template <int H, int W>
  void tiles(std::span<const BlockPanels> factors, float* sums) {
    machine_.template zero<0>();
    if constexpr (W == 2) machine_.template zero<1>();
    if constexpr (H == 2) machine_.template zero<2>();
    if constexpr (H == 2 && W == 2) machine_.template zero<3>();
    for (const BlockPanels& each : factors) steps<H, W>(each);
    constexpr std::int64_t kRow = kBlockOutputs * static_cast<std::int64_t>(sizeof(float));
    float* const lower = sums + kTileHeight * kBlockOutputs;
    machine_.template store<0>(sums, kRow);
    if constexpr (W == 2) machine_.template store<1>(sums + kTileHeight, kRow);
    if constexpr (H == 2) machine_.template store<2>(lower, kRow);
    if constexpr (H == 2 && W == 2) machine_.template store<3>(lower + kTileHeight, kRow);
  }

  template <int H, int W>
  void steps(const BlockPanels& panels) {
    const std::byte* x = panels.inputs;
    const std::byte* w = panels.weights;
    const std::byte* const end = x + panels.steps * kTileBytes;
    for (; x != end; x += kTileBytes, w += kTileBytes) {
      machine_.template load<6>(w, 64);
      machine_.template load_passing<4>(x, 64);
      machine_.template dot<0, 4, 6>();
      if constexpr (W == 2) {
        machine_.template load<7>(w + panels.stride, 64);
        machine_.template dot<1, 4, 7>();
      }
      if constexpr (H == 2) {
        machine_.template load_passing<5>(x + panels.stride, 64);
        machine_.template dot<2, 5, 6>();
        if constexpr (W == 2) machine_.template dot<3, 5, 7>();
      }
    }
  }

  Machine machine_;
};

}  // namespace ridgepoint::host

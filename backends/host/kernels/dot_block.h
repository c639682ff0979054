// A block of a product over panels (panel_product.h) with AVX-512's dot product of pairs of bf16,
// vdpbf16ps: eleven rows by one or two vectors of outputs stay in registers over all steps; a pair
// of inputs is broadcast from where it lies. Like AMX it counts what is below 2^-126 as zero.
#pragma once

#include "backends/host/kernels/pairs_avx512.h"
#include "backends/host/kernels/panel_product.h"

namespace ridgepoint::host {

class DotBlock {
 public:
  /// 256 KiB of weights and 1 MiB of activations, about what a second-level cache holds.
  static constexpr std::int64_t kDepth = 1024, kGroupOutputs = 4 * kBlockOutputs;

  void multiply(std::span<const BlockPanels> factors, bool tall, bool wide, float* sums) const {
    wide ? blocks<2>(factors, tall, sums) : blocks<1>(factors, tall, sums);
  }

 private:
  template <int W>
  static void blocks(std::span<const BlockPanels> factors, bool tall, float* sums) {
    if (tall) {
      rows_of<0, 11, W>(factors, sums);
      rows_of<11, 11, W>(factors, sums);
      rows_of<22, 10, W>(factors, sums);
    } else {
      rows_of<0, 8, W>(factors, sums);
      rows_of<8, 8, W>(factors, sums);
    }
  }

  /// Rows [first, first + H), of which some may lie in the second row of tiles.
  template <int first, int H, int W>
  static void rows_of(std::span<const BlockPanels> factors, float* sums) {
    __m512 acc[H][W];
    for (auto& row : acc) {
      for (auto& sum : row) sum = _mm512_setzero_ps();
    }
    for (const BlockPanels& panels : factors) {
      const std::byte* x = panels.inputs;
      const std::byte* w = panels.weights;
      for (std::int64_t step = 0; step < panels.steps; ++step) {
        for (std::int64_t pair = 0; pair < 16; ++pair) {
          __m512bh weights[W];
          for (int o = 0; o < W; ++o) {
            weights[o] =
                std::bit_cast<__m512bh>(_mm512_loadu_si512(w + o * panels.stride + pair * 64));
          }
          for (int row = 0; row < H; ++row) {
            constexpr int kHeight = static_cast<int>(kTileHeight);
            const int r = first + row;
            std::int32_t two = 0;
            std::memcpy(&two, x + (r < kHeight ? 0 : panels.stride) + r % kHeight * 64 + pair * 4,
                        sizeof two);
            const auto inputs = std::bit_cast<__m512bh>(_mm512_set1_epi32(two));
            for (int o = 0; o < W; ++o) {
              acc[row][o] = _mm512_dpbf16_ps(acc[row][o], weights[o], inputs);
            }
          }
        }
        x += kTileBytes;
        w += kTileBytes;
      }
    }
    for (int row = 0; row < H; ++row) {
      for (int o = 0; o < W; ++o) {
        _mm512_storeu_ps(sums + (first + row) * kBlockOutputs + o * kTileHeight, acc[row][o]);
      }
    }
  }
};

}  // namespace ridgepoint::host

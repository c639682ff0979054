// A block of a product over panels (panel_product.h) with AVX-512's dot product of pairs of bf16,
// vdpbf16ps: eight rows by one or two vectors of outputs stay in registers over all steps; a pair
// of inputs is broadcast from where it lies. Like AMX it counts what is below 2^-126 as zero.
#pragma once

#include "backends/host/kernels/pairs_avx512.h"
#include "backends/host/kernels/panel_product.h"

namespace ridgepoint::host {

class DotBlock {
 public:
  void multiply(std::span<const BlockPanels> factors, bool tall, bool wide, float* sums) const {
    const std::int64_t rows = tall ? 2 * kTileHeight : kTileHeight;
    for (std::int64_t r = 0; r < rows; r += kHeight) {
      wide ? rows_of<2>(factors, r, sums) : rows_of<1>(factors, r, sums);
    }
  }

 private:
  static constexpr std::int64_t kHeight = 8;

  template <int W>
  static void rows_of(std::span<const BlockPanels> factors, std::int64_t r, float* sums) {
    __m512 acc[kHeight][W];
    for (auto& row : acc) {
      for (auto& sum : row) sum = _mm512_setzero_ps();
    }
    for (const BlockPanels& panels : factors) {
      const std::byte* x = panels.inputs + r / kTileHeight * panels.stride + r % kTileHeight * 64;
      const std::byte* w = panels.weights;
      for (std::int64_t step = 0; step < panels.steps; ++step) {
        for (std::int64_t pair = 0; pair < 16; ++pair) {
          __m512bh weights[W];
          for (int o = 0; o < W; ++o) {
            weights[o] =
                std::bit_cast<__m512bh>(_mm512_loadu_si512(w + o * panels.stride + pair * 64));
          }
          for (int row = 0; row < kHeight; ++row) {
            std::int32_t two = 0;
            std::memcpy(&two, x + row * 64 + pair * 4, sizeof two);
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
    for (int row = 0; row < kHeight; ++row) {
      for (int o = 0; o < W; ++o) {
        _mm512_storeu_ps(sums + (r + row) * kBlockOutputs + o * kTileHeight, acc[row][o]);
      }
    }
  }
};

}  // namespace ridgepoint::host

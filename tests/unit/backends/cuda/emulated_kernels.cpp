// The device's kernels, compiled for the CPU.
#include "tests/support/emulated_device.h"

// What it defines comes first.
#include "backends/cuda/kernels/attention_tensor.cuh"
#include "backends/cuda/kernels/ceilings.cuh"
#include "backends/cuda/kernels/eight_bits.cuh"
#include "backends/cuda/kernels/products.cuh"
#include "backends/cuda/kernels/rows.cuh"
#include "backends/cuda/kernels/sampling.cuh"
#include "backends/cuda/kernels/tile_products.cuh"
#include "tests/unit/backends/cuda/emulated_gpu.h"

namespace ridgepoint::cuda {

const Launches& emulated_launches() {
  static const Launches table{.few_rows = &emulated::few_rows,
                              .some_rows = &emulated::some_rows,
                              .dequantise = &emulated::dequantise,
                              .pack_rows = &emulated::pack_rows,
                              .scale_sums = &emulated::scale_sums,
                              .pack = &emulated::pack,
                              .norm = &emulated::norm,
                              .elementwise = &emulated::elementwise,
                              .softmax = &emulated::softmax,
                              .lookup = &emulated::lookup,
                              .select = &emulated::select,
                              .heads = &emulated::heads,
                              .attention = &emulated::attention_anyhow,
                              .sample = &emulated::sample,
                              .stream = &emulated::walk,
                              .chain = &emulated::chain,
                              .clock = &emulated::read_clock,
                              .set_past = &emulated::set_past};
  return table;
}

std::pair<std::vector<float>, std::vector<float>> emulated_e4m3_tiles() {
  std::vector<float> by_instruction(32 * 4), as_halves(32 * 4);
  emulated_block(32, 0, [&] {
    const auto lane = threadIdx.x;
    // Exponents up to that of 1: what is added up stays exact in f32.
    const auto codes = [&](std::uint32_t i) {
      const std::uint32_t word = (lane * 6 + i + 1) * 2654435761U;
      return (word & 0x87878787U) | (word >> 3U & 0x18181818U) | 0x20202020U;
    };
    const std::uint32_t a[4] = {codes(0), codes(1), codes(2), codes(3)},
                        b[2] = {codes(4), codes(5)};
    std::uint32_t sums[4] = {};
    tile_sum<TileType::e4m3>(sums, a, b);
    float halves[4] = {};
    emulated::multiply_e4m3_as_halves(halves, a, b);
    for (std::size_t i = 0; i < 4; ++i) {
      by_instruction[lane * 4 + i] = float_of_bits(sums[i]);
      as_halves[lane * 4 + i] = halves[i];
    }
  });
  return {by_instruction, as_halves};
}

}  // namespace ridgepoint::cuda

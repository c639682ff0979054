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

}  // namespace ridgepoint::cuda

// The device's kernels, compiled for the CPU.
#include "backends/cuda/kernels/attention.cuh"
#include "backends/cuda/kernels/products.cuh"
#include "backends/cuda/kernels/rows.cuh"
#include "backends/cuda/kernels/sampling.cuh"
#include "tests/unit/backends/cuda/emulated_gpu.h"

namespace ridgepoint::cuda {

const Launches& emulated_launches() {
  static const Launches table{.few_rows = &few_rows,
                              .dequantise = &dequantise,
                              .pack = &pack,
                              .norm = &norm,
                              .elementwise = &elementwise,
                              .softmax = &softmax,
                              .lookup = &lookup,
                              .select = &select,
                              .heads = &heads,
                              .attention = &attention,
                              .sample = &sample,
                              .set_past = &set_past};
  return table;
}

}  // namespace ridgepoint::cuda

// Products of few rows for the device, and what those by the library need around them.
#include "backends/cuda/kernels/products.cuh"

#include "backends/cuda/kernels/eight_bits.cuh"
#include "backends/cuda/kernels/tables.h"

namespace ridgepoint::cuda {

void fill_products(Launches& table) {
  table.few_rows = &on_device::few_rows;
  table.dequantise = &on_device::dequantise;
  table.pack_rows = &on_device::pack_rows;
  table.scale_sums = &on_device::scale_sums;
}

}  // namespace ridgepoint::cuda

// Products of few rows for the device.
#include "backends/cuda/kernels/products.cuh"

#include "backends/cuda/kernels/tables.h"

namespace ridgepoint::cuda {

void fill_products(Launches& table) {
  table.few_rows = &on_device::few_rows;
  table.dequantise = &on_device::dequantise;
}

}  // namespace ridgepoint::cuda

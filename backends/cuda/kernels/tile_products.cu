// Products of some rows with quantised weights.
#include "backends/cuda/kernels/tables.h"
#include "backends/cuda/kernels/tile_products.cuh"

namespace ridgepoint::cuda {

void fill_tile_products(Launches& table) {
  table.some_rows = &on_device::some_rows;
}

}  // namespace ridgepoint::cuda

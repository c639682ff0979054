// The kernels that nvcc has compiled, one function a source.
#pragma once

#include "backends/cuda/kernels/launches.h"

namespace ridgepoint::cuda {

void fill_products(Launches& table);
void fill_operators(Launches& table);
void fill_tile_products(Launches& table);
void fill_ceilings(Launches& table);

}  // namespace ridgepoint::cuda

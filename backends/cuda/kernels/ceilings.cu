// What a GPU can do at the most.
#include "backends/cuda/kernels/ceilings.cuh"

#include "backends/cuda/kernels/tables.h"

namespace ridgepoint::cuda {

void fill_ceilings(Launches& table) {
  table.stream = &on_device::walk;
  table.chain = &on_device::chain;
  table.clock = &on_device::read_clock;
}

}  // namespace ridgepoint::cuda

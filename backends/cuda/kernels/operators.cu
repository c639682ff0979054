// Everything but products for the device.
#include "backends/cuda/kernels/attention_tensor.cuh"
#include "backends/cuda/kernels/rows.cuh"
#include "backends/cuda/kernels/sampling.cuh"
#include "backends/cuda/kernels/tables.h"

namespace ridgepoint::cuda {

void fill_operators(Launches& table) {
  table.pack = &on_device::pack;
  table.norm = &on_device::norm;
  table.elementwise = &on_device::elementwise;
  table.softmax = &on_device::softmax;
  table.lookup = &on_device::lookup;
  table.select = &on_device::select;
  table.heads = &on_device::heads;
  table.attention = &on_device::attention_anyhow;
  table.sample = &on_device::sample;
  table.set_past = &on_device::set_past;
}

}  // namespace ridgepoint::cuda

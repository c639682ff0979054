// Everything but products for the device.
#include "backends/cuda/kernels/attention.cuh"
#include "backends/cuda/kernels/rows.cuh"
#include "backends/cuda/kernels/sampling.cuh"
#include "backends/cuda/kernels/tables.h"

namespace ridgepoint::cuda {

void fill_operators(Launches& table) {
  table.pack = &pack;
  table.norm = &norm;
  table.elementwise = &elementwise;
  table.softmax = &softmax;
  table.lookup = &lookup;
  table.select = &select;
  table.heads = &heads;
  table.attention = &attention;
  table.sample = &sample;
  table.set_past = &set_past;
}

}  // namespace ridgepoint::cuda

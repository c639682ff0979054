// A Device that computes on the CPU: the kernels' own sources on tests/support/emulated_device.h,
// plain loops for products of many rows. Counts what is allocated, so that leaks show.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "backends/cuda/device.h"

namespace ridgepoint::cuda {

/// The kernels compiled for the emulated device.
const Launches& emulated_launches();

struct EmulatedGpuOptions {
  int multiprocessors = 2;
  bool many_rows = true;  ///< whether there is a library for products of many rows
  int capability = 90;
  std::shared_ptr<std::vector<Packing>> products = nullptr;  ///< gets the types of those
  Launches launches = emulated_launches();
  std::size_t chunk_bytes = std::size_t{1} << 16U;
  std::int64_t l2_bytes = 1 << 14;
  std::size_t memory_bytes = std::size_t{1} << 30U;
};

std::shared_ptr<Device> make_emulated_gpu(const EmulatedGpuOptions& options = {});

/// The sums of one tile of random E4M3 numbers, as tensor cores for them give them, and as f16
/// ones.
std::pair<std::vector<float>, std::vector<float>> emulated_e4m3_tiles();

/// For as long as it lives blocks and threads take their turns from the last to the first.
class Backwards {
 public:
  Backwards();
  ~Backwards();
  Backwards(const Backwards&) = delete;
  Backwards& operator=(const Backwards&) = delete;
};

}  // namespace ridgepoint::cuda

// What a device can do at the most, asked of the backend that computes on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "profiler/ceilings/ceiling.h"

namespace ridgepoint {

struct DeviceCeilingOptions {
  std::int64_t largest_bytes = std::int64_t{4} << 30;  ///< of a working set, all arrays together
  double step = 1.25;                                  ///< from one working set to the next
  int batches = 15;                                    ///< of each figure
  std::int64_t batch_ns = 5'000'000;                   ///< that each is to take at the least
  std::int64_t product_size = 8192;  ///< rows, outputs and inputs of the library's products
  std::uint64_t seed = 1;
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

/// A few seconds.
inline DeviceCeilingOptions quick_device_options() {
  return {.largest_bytes = std::int64_t{1} << 30,
          .step = 1.6,
          .batches = 7,
          .batch_ns = 1'000'000,
          .product_size = 4096};
}

}  // namespace ridgepoint

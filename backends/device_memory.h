// What an engine with a device of its own holds of that device's memory, as the engine counts it,
// as its pool does, and as the driver sees the device.
#pragma once

#include <cstdint>

#include "backends/memory_ledger.h"

namespace ridgepoint {

struct DeviceMemory {
  MemoryLedger peak;  ///< the most of each class that was in use, each at its own time
  std::int64_t pool_bytes = 0,
               pool_peak_bytes = 0;  ///< asked of the driver: in use, and free for later
  /// What libraries that the engine calls hold beside the pool: now, and at the most so far.
  std::int64_t library_bytes = 0, library_peak_bytes = 0;
  /// Of the whole device, all processes and the driver's own needs; 0: it does not say.
  std::int64_t driver_used_bytes = 0, driver_total_bytes = 0;
};

}  // namespace ridgepoint

// Memory by class, as a backend accounts for it; the process's own peak is the profiler's.
#pragma once

#include <cstdint>

namespace ridgepoint {

struct MemoryLedger {
  std::int64_t weights_bytes = 0;  ///< as bound, mapped or copied
  std::int64_t kv_bytes = 0;
  std::int64_t activations_bytes = 0;
  /// The most bytes of activations that are alive at once; what is held beyond them is
  /// fragmentation, or room that plain allocation does not lend again. 0: the engine does not say.
  std::int64_t activations_live_bytes = 0;
  std::int64_t scratch_bytes = 0;  ///< everything else: repacked rows, workspaces
};

}  // namespace ridgepoint

// One sample: the clock, the pass, the clock. Nothing else stands between the two reads, so every
// measurement of an execution, the harness's own floor included, goes through here. Where the
// execution's device times the pass itself (Execution::time_on_device), the sample is what that
// says: on the host's clock a short operator of a GPU is mostly its launch and the wait for it.
#pragma once

#include <cstdint>

#include "backends/backend.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

struct TimedPass {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t passes = 1;     ///< of the graph, one after the other
  std::int64_t device_ns = 0;  ///< of all of them, as the device says; 0: it does not
  /// Of one of them.
  [[nodiscard]] std::int64_t duration_ns() const {
    return (device_ns > 0 ? device_ns : end_ns - start_ns) / passes;
  }
};

inline TimedPass timed_pass(Execution& execution, std::int64_t past) {
  TimedPass pass;
  pass.passes = execution.passes_a_run();
  pass.start_ns = monotonic_ns();
  execution.run(past);
  execution.synchronise();
  pass.end_ns = monotonic_ns();
  if (const auto device = execution.device_time()) pass.device_ns = device->ns;
  return pass;
}

}  // namespace ridgepoint

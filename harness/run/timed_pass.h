// One sample: the clock, the pass, the clock. Nothing else stands between the two reads, so every
// measurement of an execution, the harness's own floor included, goes through here.
#pragma once

#include <cstdint>

#include "backends/backend.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

struct TimedPass {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  [[nodiscard]] std::int64_t duration_ns() const { return end_ns - start_ns; }
};

inline TimedPass timed_pass(Execution& execution, std::int64_t past) {
  TimedPass pass;
  pass.start_ns = monotonic_ns();
  execution.run(past);
  execution.synchronise();
  pass.end_ns = monotonic_ns();
  return pass;
}

}  // namespace ridgepoint

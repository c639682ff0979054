// Passing a known time without giving up the core.
#pragma once

#include <cstdint>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

/// Returns when the monotonic clock has advanced by `duration_ns`; at once, unread, for 0.
inline void spin_for(std::int64_t duration_ns) {
  if (duration_ns == 0) return;
  const std::int64_t end = monotonic_ns() + duration_ns;
  while (monotonic_ns() < end) {
  }
}

}  // namespace ridgepoint

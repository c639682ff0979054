// The clock every sample is read from: CLOCK_MONOTONIC, integer nanoseconds, about 20 to 30 ns a
// read through the vDSO.
#pragma once

#include <time.h>

#include <cstdint>

namespace ridgepoint {

inline std::int64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// Wall clock, for when something happened; never for how long.
inline std::int64_t unix_ns() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace ridgepoint

// What the harness itself adds to a sample: the null backend, which does nothing, through the same
// timed pass as everyone else. Printed with results; a figure near it is not about the backend.
#pragma once

#include <cstdint>

namespace ridgepoint {

struct HarnessFloor {
  std::int64_t median_ns = 0;  ///< of a null sample, the clock reads within it included
  std::int64_t p99_ns = 0;
  std::int64_t clock_read_ns = 0;  ///< median distance of two reads with nothing between them
  std::int64_t samples = 0;
};
/// Takes some milliseconds.
HarnessFloor measure_harness_floor();

}  // namespace ridgepoint

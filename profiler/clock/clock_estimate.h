// What clock the core under this thread runs at, where nobody says: a chain of additions, each of
// which needs the one before, takes a cycle each on every processor in use, so its time is the
// clock. Virtual machines show neither cpufreq nor cycle counters; this works there, too.
#pragma once

#include <cstdint>

#include "profiler/reading.h"

namespace ridgepoint {

/// kHz of this thread's core, over some ten microseconds: the fastest of three tries, because
/// whatever interrupts one makes it longer. Absent on architectures without the chain.
Reading<std::int64_t> estimate_clock_khz();

}  // namespace ridgepoint

#include "profiler/ceilings/tsc.h"

#include "profiler/clock/monotonic_clock.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ridgepoint::ceilings {
namespace {

std::uint64_t read_ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

}  // namespace

TscWatch::TscWatch() : begun_ns_(monotonic_ns()), begun_ticks_(read_ticks()) {}

Reading<double> TscWatch::finish() const {
  const std::uint64_t ticks = read_ticks() - begun_ticks_;
  const std::int64_t ns = monotonic_ns() - begun_ns_;
  if (ticks == 0 || ns <= 0) {
    return Reading<double>::absent("time-stamp counter: not on this architecture");
  }
  return Reading<double>::of(static_cast<double>(ticks) * 1e9 / static_cast<double>(ns));
}

}  // namespace ridgepoint::ceilings

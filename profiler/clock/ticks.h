// Ticks of the processor's time-stamp counter: read in less than half the time that monotonic_ns()
// takes, because nothing is waited for and nothing converted. What they are in nanoseconds follows
// from two moments at which both clocks were read.
#pragma once

#include <cstdint>

#include "profiler/clock/monotonic_clock.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ridgepoint {

/// Whether the counter ticks evenly and alike on all cores: the CPU says so, and the kernel takes
/// its own time from it.
[[nodiscard]] bool ticks_are_steady();

/// Of the counter where they are steady, otherwise nanoseconds of monotonic_ns().
inline std::int64_t read_ticks(bool steady) noexcept {
#if defined(__x86_64__)
  if (steady) [[likely]] {
    return static_cast<std::int64_t>(__rdtsc());
  }
#else
  static_cast<void>(steady);
#endif
  return monotonic_ns();
}

/// One moment on both clocks.
struct TickMoment {
  std::int64_t ticks = 0;
  std::int64_t ns = 0;
  static TickMoment now(bool steady) noexcept {
    const std::int64_t ns = monotonic_ns();
    return {steady ? read_ticks(steady) : ns, ns};
  }
};

/// Nanoseconds between two moments: the straight line, so never outside of them.
class TickLine {
 public:
  TickLine(const TickMoment& from, const TickMoment& to) noexcept
      : from_(from),
        to_(to),
        ns_a_tick_(to.ticks > from.ticks ? static_cast<double>(to.ns - from.ns) /
                                               static_cast<double>(to.ticks - from.ticks)
                                         : 0) {}
  [[nodiscard]] std::int64_t ns_at(std::int64_t ticks) const noexcept {
    if (ticks >= to_.ticks) return to_.ns;
    const auto since = static_cast<double>(ticks - from_.ticks) * ns_a_tick_;
    return since > 0 ? from_.ns + static_cast<std::int64_t>(since) : from_.ns;
  }

 private:
  TickMoment from_, to_;
  double ns_a_tick_;
};

}  // namespace ridgepoint

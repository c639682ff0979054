// What a tick of the processor's time-stamp counter is, which code that reads it needs to know; and
// what the clock's ratio to it says of boost.
#pragma once

#include <cstdint>

#include "profiler/reading.h"

namespace ridgepoint::ceilings {

/// Watches the counter from its making on. x86 only.
class TscWatch {
 public:
  TscWatch();
  /// Ticks a second since then.
  [[nodiscard]] Reading<double> finish() const;

 private:
  std::int64_t begun_ns_;
  std::uint64_t begun_ticks_;
};

}  // namespace ridgepoint::ceilings

// What perf_event_open takes for an event of a name, as libpfm4 knows it ("perf::CYCLES", and what
// vendors call the events of their PMUs).
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

struct EventCode {
  std::uint32_t type = 0;
  std::uint64_t config = 0, config1 = 0;
};

/// Absent with the reason: built without libpfm4, or no PMU that is at work here has such an event.
Reading<EventCode> look_up_event(const std::string& name);

}  // namespace ridgepoint

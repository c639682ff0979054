// What perf_event_open takes for an event of a name, as libpfm4 knows it ("perf::CYCLES", and what
// vendors call the events of their PMUs). The library is opened at run time.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

struct EventCode {
  std::uint32_t type = 0;
  std::uint64_t config = 0, config1 = 0;
  bool operator==(const EventCode&) const = default;
};

inline constexpr const char* kPfmLibrary = "libpfm.so.4";

/// Absent with the reason: there is no libpfm4, or no PMU that is at work here has such an event.
Reading<EventCode> look_up_event(const std::string& name);

/// Empty, or why that library cannot say anything of any event.
std::string why_no_pfm(const std::string& library = kPfmLibrary);

}  // namespace ridgepoint

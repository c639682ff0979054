// /proc/sys/kernel/perf_event_paranoid in words: what the kernel lets an ordinary user count.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

Reading<std::int64_t> read_paranoia(
    const std::string& path = "/proc/sys/kernel/perf_event_paranoid");

/// One line: what this value allows, and what to set to count one's own processes.
std::string explain_paranoia(std::int64_t value);

}  // namespace ridgepoint

// A trace as the JSON that chrome://tracing began with and many viewers read: complete events in
// microseconds with three decimals, so that no nanosecond is lost.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"
#include "profiler/trace/trace.h"

namespace ridgepoint {

/// Bytes written to `path`, or why they were not.
Reading<std::int64_t> write_chrome_json(const Trace& trace, const std::string& path);

}  // namespace ridgepoint

// A trace in Perfetto's own form (TrackEvent in protocol buffers), for ui.perfetto.dev and
// trace_processor: a track for the parts of passes, joined by flows, one a line of spans, one a
// counter. Slices are named after op ids, which are interned: a span takes about 40 bytes.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"
#include "profiler/trace/trace.h"

namespace ridgepoint {

/// Bytes written to `path`, or why they were not. Spans of one line must not overlap.
Reading<std::int64_t> write_perfetto(const Trace& trace, const std::string& path);

}  // namespace ridgepoint

// The trace of a record, with what its ops did over time: counters of bytes and FLOPs a second that
// follow from the work of each op and its spans, and what was kept of memory after them.
#pragma once

#include "profiler/trace/trace.h"
#include "results/record.h"

namespace ridgepoint {

/// Error when the record kept no spans.
Trace trace_of(const Record& record);

}  // namespace ridgepoint

// The trace of a record, with what its ops did over time: counters of bytes and FLOPs a second that
// follow from the work of each op and its spans, and what was kept of memory after them.
#pragma once

#include <string_view>

#include "profiler/trace/trace.h"
#include "results/record.h"
#include "workloads/error.h"

namespace ridgepoint {

/// What was kept cannot be read.
struct UnreadableTrace : Error {
  using Error::Error;
};

/// Error when the record kept no spans, UnreadableTrace when it did; both name the case.
Trace trace_of(const Record& record);

/// The same without the counters that follow from the spans, which take more memory than they do.
Trace kept_trace_of(const Record& record);

/// Names and units of those.
inline constexpr std::string_view kWorkBytesCounter = "bytes at the least";
inline constexpr std::string_view kWorkFlopsCounter = "FLOPs";

}  // namespace ridgepoint

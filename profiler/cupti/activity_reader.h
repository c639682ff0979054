// From a buffer that CUPTI filled to activities. The records' layout is that of the headers that
// this was compiled with (CUDA 13.0: CUpti_ActivityKernel10, Memcpy6, Memset4, API,
// ExternalCorrelation, Marker2, Overhead3); the walk from one record to the next is CUPTI's own
// function, which needs no GPU, so that buffers recorded once are read anywhere.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "profiler/cupti/activity.h"

namespace ridgepoint {

/// cuptiActivityGetNextRecord, without its types.
using NextActivityRecord = int (*)(unsigned char* buffer, std::size_t bytes, void** record);

/// Adds what the buffer holds. Names are copied: CUPTI may take its strings back. Returns empty, or
/// why nothing was read: a build without CUPTI.
std::string read_activities(std::span<std::byte> buffer, NextActivityRecord next, Activities& to);

}  // namespace ridgepoint

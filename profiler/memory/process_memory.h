// Memory of this process as the kernel counts it.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

/// Bytes; from /proc/self/status, whose counters the kernel keeps approximately (up to some 64
/// pages a thread may not have been added yet).
struct ProcessMemory {
  Reading<std::int64_t> peak_resident = Reading<std::int64_t>::absent("not read");  ///< VmHWM
  Reading<std::int64_t> resident = Reading<std::int64_t>::absent("not read");       ///< VmRSS
  Reading<std::int64_t> anonymous = Reading<std::int64_t>::absent("not read");      ///< RssAnon
  Reading<std::int64_t> file = Reading<std::int64_t>::absent("not read");           ///< RssFile
  Reading<std::int64_t> shared = Reading<std::int64_t>::absent("not read");         ///< RssShmem
  /// VmHWM - RssFile: derived, not counted. Anonymous memory was at least this much at the peak, as
  /// long as no mapped file lost pages since; the kernel keeps no peak by class.
  Reading<std::int64_t> peak_anonymous = Reading<std::int64_t>::absent("not read");
};

/// From the text of /proc/PID/status.
ProcessMemory parse_process_status(std::string_view text);
ProcessMemory read_process_memory();

}  // namespace ridgepoint

// What a disk gives at the most to a process that streams: past the page cache into buffers that
// are used again and again, and through mapped pages that nobody has touched.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

struct DirectRate {
  double bytes_per_second = 0;
  int readers = 1;  ///< of 1, 2, 4, 8 and 16 at once: those that got most
};
/// The median of three rounds over the first `most_bytes` of the file. Absent with the reason where
/// it cannot be opened with O_DIRECT.
Reading<DirectRate> measure_direct_rate(const std::string& file, std::int64_t most_bytes);

/// One pass with so many readers; 0 when it fails.
double direct_rate_now(const std::string& file, std::int64_t most_bytes, int readers);

/// Bytes a second that `threads` get by touching each page, cold: the median of three passes. No
/// process may have the file mapped, or it is not cold, which is said.
Reading<double> measure_mapped_rate(const std::string& file, std::int64_t most_bytes, int threads);

}  // namespace ridgepoint

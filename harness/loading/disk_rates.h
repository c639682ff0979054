// What a disk gives at the most: past the page cache into buffers that are there already and used
// again and again, and through mapped pages that nobody has touched.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

struct DirectRate {
  double bytes_per_second = 0;
  int readers = 1;  ///< of 1, 2, 4, 8 and 16 at once: those that got most
};
/// Why direct reads of the file say nothing of a disk: it cannot be opened with O_DIRECT, or lies
/// in a file system that is memory. Empty where they do.
std::string why_no_disk(const std::string& file);

/// The median of three rounds over the first `most_bytes` of the file. Absent with the reason where
/// there is no disk to read directly.
Reading<DirectRate> measure_direct_rate(const std::string& file, std::int64_t most_bytes);

/// One pass with so many readers; 0 when it fails.
double direct_rate_now(const std::string& file, std::int64_t most_bytes, int readers);

/// Bytes a second that `threads` get by touching each page, cold: the median of three passes. No
/// process may have the file mapped, or it is not cold, which is said.
Reading<double> measure_mapped_rate(const std::string& file, std::int64_t most_bytes, int threads);

}  // namespace ridgepoint

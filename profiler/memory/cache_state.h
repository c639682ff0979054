// Making data cold, and proving that it is: out of the CPU's caches, or out of the page cache. A
// label that nobody verified is worth nothing, so each eviction comes with its own measurement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

inline constexpr std::int64_t kCacheLineBytes = 64;

/// Writes back and invalidates every line of `bytes` in all caches of all cores (x86: clflushopt or
/// clflush; aarch64: dc civac). Returns the lines flushed. Translations (TLB) stay.
Reading<std::int64_t> evict_from_cpu_caches(std::span<const std::byte> bytes);

/// The same for all data of this process that is in memory: every readable private or shared
/// mapping of memory or of regular files, so that buffers which only a backend knows are evicted
/// too. Left alone: code, device mappings, what the kernel holds for the process, memory of other
/// devices. No other thread may unmap memory meanwhile. Takes about 10 ns a resident line.
Reading<std::int64_t> evict_process_from_cpu_caches();

/// Times reads of a few lines, each depending on the one before, in random order and on pages of
/// their own where there are enough: right after an eviction the time a line is that of main
/// memory, when read again it is that of the first cache.
class LineProbe {
 public:
  /// Picks at most `most_lines` lines of `buffers`, which must outlive the probe.
  LineProbe(std::span<const std::span<const std::byte>> buffers, std::uint64_t seed,
            std::size_t most_lines = 48);
  /// Mean time of a line in nanoseconds; absent when the buffers hold no whole line.
  [[nodiscard]] Reading<double> time_reads() const;
  /// Makes the probed lines cold again.
  void evict() const;

 private:
  std::vector<const std::byte*> lines_;
};

/// Share (0 to 1) of a file's pages that the page cache holds, as mincore sees them through a fresh
/// mapping. A kernel answers 1 to those who neither own nor may write the file.
Reading<double> page_cache_share(const std::string& path);

/// Asks the kernel to forget a file's pages (dirty ones are written first) and returns the share
/// that it kept all the same: pages that any process has mapped stay, and so does all of a file on
/// tmpfs. Absent when the file cannot be opened.
Reading<double> drop_from_page_cache(const std::string& path);

}  // namespace ridgepoint

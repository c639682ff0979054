// Cold pages: parts of files out of memory, and how much of a part is in it. Of a whole file:
// profiler/memory/cache_state.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

/// This process has the whole pages of a mapped file's bytes no longer; the page cache may.
void forget_pages(std::span<const std::byte> mapped);

/// Asks the page cache to forget the whole pages of a part of a file. What is mapped anywhere
/// stays, and so does what the kernel will not drop: see cached_share_of.
void forget_cached(const std::string& file, std::int64_t offset, std::int64_t bytes);
void forget_cached(int descriptor, std::int64_t offset, std::int64_t bytes);

/// Share of the whole pages of a part that the page cache holds, 0 for a part without one.
Reading<double> cached_share_of(const std::string& file, std::int64_t offset, std::int64_t bytes);

/// Bytes that this process has caused to be read from storage, page faults and O_DIRECT included
/// (/proc/self/io); absent where the kernel does not count.
Reading<std::int64_t> bytes_from_storage();

}  // namespace ridgepoint

// How much memory the machine has, how much could be had now, and whether it comes in huge pages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

struct SystemMemory {
  Reading<std::int64_t> total_bytes = Reading<std::int64_t>::absent("not read");
  /// What new processes could take without swapping (the kernel's estimate).
  Reading<std::int64_t> available_bytes = Reading<std::int64_t>::absent("not read");
};
/// From the text of /proc/meminfo.
SystemMemory parse_meminfo(std::string_view text);
SystemMemory read_system_memory();

/// The chosen word of "always [madvise] never".
Reading<std::string> parse_transparent_huge_pages(std::string_view text);
Reading<std::string> read_transparent_huge_pages();

}  // namespace ridgepoint

// Ways in which the bytes of a file get into memory. Each pass pays for everything that a loader
// pays for: opening, room that is new to the process, faults, copies, and unpacking where the file
// is packed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

enum class LoadWay : std::uint8_t {
  mapped,    ///< mapped, one byte of each page touched by each thread's part: what opening a GGUF
             ///< here leads to
  read,      ///< one thread, read() in pieces of 4 MiB
  parallel,  ///< every thread reads a part
  direct,    ///< O_DIRECT, past the page cache, each thread a part
  packed,    ///< zstd frames of 4 MiB (packed_copy.h), each thread reads and unpacks its own
};
std::span<const LoadWay> load_ways();
std::string_view name_of(LoadWay way);
/// What it does, in a few words, for tables.
std::string_view words_for(LoadWay way);

/// Whether the page cache can make a difference.
bool uses_page_cache(LoadWay way);

struct LoadPass {
  std::int64_t bytes = 0;  ///< that are in memory afterwards
  std::int64_t duration_ns = 0;
  /// XOR of all 64-bit words of the memory, 0 for `mapped`, which only touches: to be held against
  /// another way's.
  std::uint64_t parity = 0;
};

/// One pass. `path` is the file, or its packed copy for `packed`; `bytes` the size that it has in
/// memory. Absent with the reason where the file cannot be opened or read, or the file system does
/// not do this.
Reading<LoadPass> load_once(const std::string& path, LoadWay way, std::int64_t bytes, int threads);

}  // namespace ridgepoint

// The page that the kernel shares of an event, by which a thread reads its own counter without a
// system call.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>

#include "profiler/perf/thread_counters.h"

namespace ridgepoint {

/// What the hardware's counter of that number shows now (rdpmc); counters are numbered from 0.
std::uint64_t hardware_counter(std::uint32_t number) noexcept;

using ReadCounter = std::uint64_t (*)(std::uint32_t number) noexcept;

/// False where the kernel has to be asked: no page, reading not allowed, the event not on the
/// hardware now, or others took its counter away before, so that the times on the page are not of
/// now.
bool read_counter_page(const perf_event_mmap_page* page, ReadCounter counter,
                       EventCount& count) noexcept;

}  // namespace ridgepoint

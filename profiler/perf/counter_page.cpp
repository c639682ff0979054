#include "profiler/perf/counter_page.h"

#include <atomic>

namespace ridgepoint {
namespace {

template <typename T>
T now_of(const T& place) noexcept {
  return *static_cast<const volatile T*>(&place);
}

/// The hardware's counters have fewer than 64 bits and begin below 0.
std::int64_t signed_of(std::uint64_t shown, unsigned width) noexcept {
  const unsigned unused = 64 - width;
  return static_cast<std::int64_t>(shown << unused) >> unused;
}

}  // namespace

std::uint64_t hardware_counter([[maybe_unused]] std::uint32_t number) noexcept {
#if defined(__x86_64__)
  std::uint32_t low = 0, high = 0;
  asm volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(number));
  return std::uint64_t{high} << 32U | low;
#else
  return 0;
#endif
}

bool read_counter_page(const perf_event_mmap_page* page, ReadCounter counter,
                       EventCount& count) noexcept {
#if !defined(__x86_64__)
  return false;
#endif
  if (page == nullptr) return false;
  // The kernel makes `lock` another number whenever it writes the rest; what it interrupts runs on
  // the same core, so that the compiler alone has to keep the order.
  while (true) {
    const std::uint32_t before = now_of(page->lock);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const std::uint32_t index = now_of(page->index);
    const unsigned width = now_of(page->pmc_width);
    if (page->cap_user_rdpmc == 0 || index == 0 || width == 0 || width > 64) return false;
    const std::uint64_t enabled_ns = now_of(page->time_enabled);
    const std::uint64_t running_ns = now_of(page->time_running);
    // Only where it was counted all the time do the times say as much as when they were written.
    if (enabled_ns != running_ns) return false;
    const std::int64_t offset = now_of(page->offset);
    const std::int64_t shown = signed_of(counter(index - 1), width);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (now_of(page->lock) != before) continue;
    count = {static_cast<std::uint64_t>(offset + shown), enabled_ns, running_ns};
    return true;
  }
}

}  // namespace ridgepoint

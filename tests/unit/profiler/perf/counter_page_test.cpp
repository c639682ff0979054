// Reading a counter by the page that the kernel shares of it.
#include "profiler/perf/counter_page.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

#if defined(__x86_64__)

perf_event_mmap_page* page_that_changes = nullptr;

std::uint64_t shows_two_below_zero(std::uint32_t number) noexcept {
  return number == 3 ? 0xfffffffffffeU : 0;  // of 48 bits
}

std::uint64_t is_written_meanwhile(std::uint32_t number) noexcept {
  if (page_that_changes->lock == 1) {
    page_that_changes->lock = 2;
    page_that_changes->offset = 500;
    return 1;
  }
  return number;
}

perf_event_mmap_page page_of_counter(std::uint32_t index) {
  perf_event_mmap_page page{};
  page.lock = 1;
  page.index = index;
  page.offset = 1000;
  page.pmc_width = 48;
  page.cap_user_rdpmc = 1;
  page.time_enabled = page.time_running = 70;
  return page;
}

TEST(CounterPage, AddsWhatTheCounterShowsWithItsSign) {
  const auto page = page_of_counter(4);
  EventCount count;
  ASSERT_TRUE(read_counter_page(&page, shows_two_below_zero, count));
  EXPECT_EQ(count, (EventCount{998, 70, 70}));
}

TEST(CounterPage, IsReadAgainWhenTheKernelWroteIt) {
  auto page = page_of_counter(4);
  page_that_changes = &page;
  EventCount count;
  ASSERT_TRUE(read_counter_page(&page, is_written_meanwhile, count));
  EXPECT_EQ(count.value, 503U);
}

TEST(CounterPage, LeavesToTheKernelWhatItCannotSay) {
  EventCount count{5, 6, 7};
  EXPECT_FALSE(read_counter_page(nullptr, shows_two_below_zero, count));
  auto page = page_of_counter(0);  // not on the hardware now
  EXPECT_FALSE(read_counter_page(&page, shows_two_below_zero, count));
  page = page_of_counter(4);
  page.cap_user_rdpmc = 0;
  EXPECT_FALSE(read_counter_page(&page, shows_two_below_zero, count));
  page = page_of_counter(4);
  page.time_running = 60;  // others had it
  EXPECT_FALSE(read_counter_page(&page, shows_two_below_zero, count));
  EXPECT_EQ(count, (EventCount{5, 6, 7}));
}

#endif

}  // namespace
}  // namespace ridgepoint

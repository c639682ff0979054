// Names of events, which libpfm4 knows on any machine, with or without a PMU.
#include "profiler/perf/event_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <cstdint>
#include <utility>

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(EventCodes, OfTheKernelsGenericEventsAreTheKernelsNumbers) {
  const auto cycles = look_up_event("perf::CYCLES");
  if (!cycles) GTEST_SKIP() << cycles.why();
  EXPECT_EQ(cycles.value().type, PERF_TYPE_HARDWARE);
  EXPECT_EQ(cycles.value().config, PERF_COUNT_HW_CPU_CYCLES);
  for (const auto& [name, config] :
       {std::pair("perf::INSTRUCTIONS", PERF_COUNT_HW_INSTRUCTIONS),
        std::pair("perf::CACHE-REFERENCES", PERF_COUNT_HW_CACHE_REFERENCES),
        std::pair("perf::CACHE-MISSES", PERF_COUNT_HW_CACHE_MISSES),
        std::pair("perf::BRANCH-MISSES", PERF_COUNT_HW_BRANCH_MISSES)}) {
    const auto code = look_up_event(name);
    ASSERT_TRUE(code) << code.why();
    EXPECT_EQ(code.value().type, PERF_TYPE_HARDWARE) << name;
    EXPECT_EQ(code.value().config, static_cast<std::uint64_t>(config)) << name;
  }
}

TEST(EventCodes, AreAbsentWithTheReasonWhereThereIsNoSuchEvent) {
  EXPECT_THAT(look_up_event("perf::NO-SUCH-EVENT").why(), HasSubstr("libpfm4"));
}

}  // namespace
}  // namespace ridgepoint

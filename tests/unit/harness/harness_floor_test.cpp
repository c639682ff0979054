#include "harness/run/harness_floor.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

TEST(HarnessFloor, LiesJustAboveAClockRead) {
  const auto floor = measure_harness_floor();
  EXPECT_GE(floor.samples, 10'000);
  EXPECT_GT(floor.clock_read_ns, 0);
  EXPECT_GE(floor.median_ns, floor.clock_read_ns);
  EXPECT_GE(floor.p99_ns, floor.median_ns);
#if defined(NDEBUG) && !defined(RIDGEPOINT_SANITIZED)
  EXPECT_LT(floor.median_ns, floor.clock_read_ns + 1'000);
#endif
}

}  // namespace
}  // namespace ridgepoint

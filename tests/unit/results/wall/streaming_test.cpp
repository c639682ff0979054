// Streaming from a disk, on figures that can be followed by hand.
#include "results/wall/streaming.h"

#include <gtest/gtest.h>

#include <vector>

namespace ridgepoint {
namespace {

/// 1000 bytes in 1 s of memory, 250 bytes a second of disk.
constexpr StreamingCosts kSerial{
    .step_seconds = 1, .weight_bytes = 1000, .disk_bytes_per_second = 250, .ahead = false};
constexpr StreamingCosts kAhead{
    .step_seconds = 1, .weight_bytes = 1000, .disk_bytes_per_second = 250, .ahead = true};

TEST(StreamedStep, TakesTheSumOrTheLongerOfMemoryAndDisk) {
  EXPECT_DOUBLE_EQ(streamed_step_seconds(kSerial, 500), 3);
  EXPECT_DOUBLE_EQ(streamed_step_seconds(kAhead, 500), 2);
  EXPECT_DOUBLE_EQ(streamed_step_seconds(kAhead, 100), 1);
  EXPECT_DOUBLE_EQ(streamed_step_seconds(kSerial, 0), 1);
}

TEST(StreamingKnee, IsWhereTheDiskTakesAsLongAsTheStep) {
  const double share = streaming_knee(kAhead);
  EXPECT_DOUBLE_EQ(share, 0.75);
  EXPECT_DOUBLE_EQ(streamed_step_seconds(kAhead, (1 - share) * 1000), 1);
  EXPECT_DOUBLE_EQ(streamed_step_seconds(kSerial, (1 - share) * 1000), 2);
  StreamingCosts fast = kAhead;
  fast.disk_bytes_per_second = 5000;
  EXPECT_EQ(streaming_knee(fast), 0);
}

TEST(DiskRateSeen, IsFoundInTheTimesThatItMakes) {
  for (const StreamingCosts& costs : {kSerial, kAhead}) {
    std::vector<StreamedStep> steps;
    for (const double bytes : {0.0, 100.0, 500.0, 900.0}) {
      steps.push_back({bytes, streamed_step_seconds(costs, bytes)});
    }
    EXPECT_NEAR(disk_rate_seen(costs, steps).value_or(0), 250, 1e-9);
  }
  EXPECT_FALSE(disk_rate_seen(kAhead, std::vector<StreamedStep>{{0, 1}, {100, 1.1}}))
      << "no step waited for the disk";
}

}  // namespace
}  // namespace ridgepoint

// Examples that were computed by hand.
#include "results/roofline/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/results/roofline/example_roofs.h"

namespace ridgepoint::roofline {
namespace {

using ::testing::HasSubstr;

constexpr double kMs = 1e6;

Range around(double ns) {
  return {0.98 * ns, ns, 1.02 * ns};
}

/// A product of one row with 80 MB of q8_0 weights, within a pass over 1 GB.
OpWork row_times_weights() {
  return {.flops = 160e6,
          .weight_bytes = 80e6,
          .kv_bytes = 0,
          .activation_bytes = 8e3,
          .weight_type = "q8_0"};
}

TEST(Placement, OfARowTimesWeightsIsBoundByTheMemoryThatHoldsThePass) {
  const auto placed = place(row_times_weights(), {around(5 * kMs), 1e9, 1000}, example_roofs());
  // 80 MB at 20 GB/s and 8 kB at 100 GB/s; 160 MOP at 800 GOP/s.
  EXPECT_NEAR(placed.memory_ns.value, 4 * kMs + 80, 1);
  EXPECT_NEAR(placed.memory_ns.low, 4 * kMs / 1.05 + 80 / 1.05, 1);
  EXPECT_NEAR(placed.memory_ns.high, 4 * kMs / 0.95 + 80 / 0.95, 1);
  EXPECT_NEAR(placed.compute_ns.value, 0.2 * kMs, 1);
  EXPECT_NEAR(placed.intensity, 2, 1e-3);
  EXPECT_NEAR(placed.ridge.value, 40, 0.01);
  EXPECT_NEAR(placed.share.value, 0.8, 1e-3);
  EXPECT_NEAR(placed.share.low, 4 / 1.05 / 5.1, 1e-3);
  EXPECT_NEAR(placed.share.high, 4 / 0.95 / 4.9, 1e-3);
  EXPECT_EQ(placed.unit, "bytes/s");
  EXPECT_NEAR(placed.attained.value, 80.008e6 / 5e-3, 1e3);
  EXPECT_EQ(placed.bound, Bound::memory);
  EXPECT_EQ(placed.bound_by, "memory (the outermost level)");
  EXPECT_EQ(placed.bytes_by_level,
            (std::map<std::string, double>{{"level 1", 8e3}, {"the outermost level", 80e6}}));
  EXPECT_EQ(placed.mistrusted, "");
}

TEST(Placement, OfTheSameWeightsInACacheHasTheCachesRoof) {
  OpWork work = row_times_weights();
  work.weight_bytes = 0.8e6;
  work.flops = 1.6e6;
  const auto placed = place(work, {around(10'000), 0.8e6, 100}, example_roofs());
  EXPECT_NEAR(placed.memory_ns.value, 8000 + 80, 1);
  EXPECT_EQ(placed.bound_by, "memory (level 1)");
}

TEST(Placement, OfManyRowsIsBoundByArithmetic) {
  const OpWork work{2e9, 1e6, 0, 4e6, "f32"};
  const auto placed = place(work, {around(12.5 * kMs), 1e6, 1000}, example_roofs());
  EXPECT_NEAR(placed.compute_ns.value, 10 * kMs, 1);
  EXPECT_NEAR(placed.share.value, 0.8, 1e-3);
  EXPECT_EQ(placed.unit, "FLOP/s");
  EXPECT_NEAR(placed.attained.value, 160e9, 1e6);
  EXPECT_EQ(placed.roof_of, "avx512 f32 fma");
  EXPECT_EQ(placed.bound, Bound::compute);
}

TEST(Placement, IsAmbiguousWhereTheRangesStraddleTheRidge) {
  OpWork work = row_times_weights();
  work.flops = 3.2e9;  // 4 ms at 800 GOP/s, as the bytes take
  const auto placed = place(work, {around(4.5 * kMs), 1e9, 1000}, example_roofs());
  EXPECT_EQ(placed.bound, Bound::ambiguous);
  EXPECT_EQ(placed.bound_by, "ambiguous: memory (the outermost level) or compute");
  EXPECT_NEAR(placed.intensity, placed.ridge.value, 0.1);
}

TEST(Placement, FarBelowBothRoofsIsLatency) {
  const auto placed = place(row_times_weights(), {around(100 * kMs), 1e9, 1000}, example_roofs());
  EXPECT_EQ(placed.bound, Bound::latency);
  EXPECT_EQ(placed.bound_by, "latency");
}

TEST(Placement, OfAnOpThatTakesWhatDoingNothingTakesIsOverhead) {
  const OpWork work{100, 0, 0, 800, ""};
  const auto placed = place(work, {around(2000), 1e9, 1000}, example_roofs());
  EXPECT_EQ(placed.bound, Bound::overhead);
  EXPECT_EQ(place(work, {around(3100), 1e9, 1000}, example_roofs()).bound, Bound::latency);
}

TEST(Placement, IsAmbiguousWhereHalfOfTheRoofLiesWithinTheRange) {
  const auto placed =
      place(row_times_weights(), {{7 * kMs, 8 * kMs, 9 * kMs}, 1e9, 1000}, example_roofs());
  EXPECT_EQ(placed.bound, Bound::ambiguous);
  EXPECT_EQ(placed.bound_by, "ambiguous: memory (the outermost level) or latency");
}

TEST(Placement, AboveItsRoofIsMistrustedWithTheLikelyCause) {
  const Roofs roofs = example_roofs();
  // 27 GB/s: more than the outermost level gives, less than the level before it.
  EXPECT_THAT(place(row_times_weights(), {around(3 * kMs), 1e9, 1000}, roofs).mistrusted,
              HasSubstr("nearer level than the outermost level"));
  EXPECT_THAT(place(row_times_weights(), {around(0.5 * kMs), 1e9, 1000}, roofs).mistrusted,
              HasSubstr("no level delivers that"));
  const OpWork products{2e9, 1e6, 0, 0, "f32"};
  EXPECT_THAT(place(products, {around(8 * kMs), 1e6, 1000}, roofs).mistrusted,
              HasSubstr("more arithmetic than registers allow"));
  // However uncertain the time is, when the middle of it is above all that the roof may be.
  EXPECT_NE(place(products, {{8 * kMs, 9 * kMs, 12 * kMs}, 1e6, 1000}, roofs).mistrusted, "");
  // Within the range of the ceiling it is not.
  EXPECT_EQ(place(products, {around(9.9 * kMs), 1e6, 1000}, roofs).mistrusted, "");
}

TEST(Placement, OfColdBytesHasTheOutermostRoof) {
  const OpWork work{1e3, 0, 0, 0.5e6, ""};
  const auto placed =
      place(work, {around(30'000), std::numeric_limits<double>::infinity(), 0}, example_roofs());
  EXPECT_NEAR(placed.memory_ns.value, 25'000, 1);
}

TEST(Placement, WithoutWorkHasNoRoof) {
  const auto placed = place({}, {around(500), 1e9, 1000}, example_roofs());
  EXPECT_EQ(placed.roof_of, "");
  EXPECT_EQ(placed.bound, Bound::overhead);
  EXPECT_EQ(placed.share.high, 0);
}

TEST(Placement, WithoutACeilingOfItsArithmeticKeepsToItsBytes) {
  Roofs roofs = example_roofs();
  roofs.peaks.clear();
  const auto placed = place(row_times_weights(), {around(5 * kMs), 1e9, 1000}, roofs);
  EXPECT_EQ(placed.bound, Bound::memory);
  EXPECT_EQ(placed.compute_ns.high, 0);
}

}  // namespace
}  // namespace ridgepoint::roofline

// The range counter with a library that stands for CUPTI, and its host part by itself.
#include "profiler/cupti/range_counter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/fake_cupti.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<MetricWish>& two_wishes() {
  static const std::vector<MetricWish> kWishes{{"time_ns", {"gpu__time_duration.sum"}},
                                               {"l2_bytes", {"lts__t_sectors.sum"}, 32},
                                               {"tensor", {"tensor"}}};
  return kWishes;
}

class RangeCounters : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cupti_.path.empty()) GTEST_SKIP() << "this build has no CUPTI";
    options_.cupti = options_.driver = cupti_.path;
  }
  std::string refusal() { return RangeCounter(two_wishes(), options_).why_absent(); }
  static void announce(RangeCounter& counter, std::uint32_t op) {
    counter.begin(0, op);
    counter.end();
  }
  testing::FakeCuptiLibrary cupti_;
  RangeCounterOptions options_;
};

TEST_F(RangeCounters, GiveEachTurnOfAnOpItsValuesAfterAsManyPassesAsItTakes) {
  cupti_.passes(3);
  RangeCounter counter(two_wishes(), options_);
  ASSERT_EQ(counter.why_absent(), "");
  EXPECT_EQ(counter.schedule().passes, 3U);
  EXPECT_THAT(counter.schedule().left_out, ElementsAre(HasSubstr("tensor")));
  int passes = 0;
  bool more = true;
  while (more) {
    announce(counter, 9);  // outside of a pass: none
    ASSERT_TRUE(counter.start_pass());
    for (const std::uint32_t op : {4U, 5U, 4U}) announce(counter, op);
    more = counter.stop_pass();
    ++passes;
  }
  EXPECT_EQ(passes, 3);
  const auto ranges = counter.take();
  ASSERT_EQ(ranges.size(), 3U);
  EXPECT_EQ(ranges[1].op, (OpPlace{0, 5}));
  EXPECT_THAT(ranges[0].values, ElementsAre(100, 101 * 32));
  EXPECT_THAT(ranges[2].values, ElementsAre(300, 301 * 32));
}

TEST_F(RangeCounters, CountTheFirstTurnsWhereThereIsRoomForNoMore) {
  options_.most_ranges = 2;
  RangeCounter counter(two_wishes(), options_);
  ASSERT_TRUE(counter.start_pass()) << counter.why_absent();
  for (std::uint32_t op = 0; op < 5; ++op) announce(counter, op);
  EXPECT_FALSE(counter.stop_pass());
  EXPECT_EQ(counter.take().size(), 2U);
}

TEST_F(RangeCounters, AskForFewerRangesWhereThereIsNoMemoryForAll) {
  cupti_.most_ranges(300);
  options_.most_ranges = 1024;
  RangeCounter counter(two_wishes(), options_);
  ASSERT_EQ(counter.why_absent(), "");
  EXPECT_EQ(counter.most_ranges(), 256U);
  ASSERT_TRUE(counter.start_pass());
  for (std::uint32_t op = 0; op < 400; ++op) announce(counter, op);
  EXPECT_FALSE(counter.stop_pass());
  EXPECT_EQ(counter.take().size(), 256U);
}

TEST_F(RangeCounters, AskForFewerRangesWhereMemoryLacksOnlyWhenTheyStart) {
  cupti_.fail("most ranges started", 130);
  options_.most_ranges = 512;
  RangeCounter counter(two_wishes(), options_);
  EXPECT_EQ(counter.most_ranges(), 512U);
  ASSERT_TRUE(counter.start_pass()) << counter.why_absent();
  EXPECT_EQ(counter.most_ranges(), 128U);
  announce(counter, 1);
  EXPECT_FALSE(counter.stop_pass());
  EXPECT_EQ(counter.take().size(), 1U);
}

TEST_F(RangeCounters, SayThatThereIsNoMemoryForAnyRanges) {
  cupti_.most_ranges(10);
  EXPECT_THAT(refusal(), HasSubstr("memory"));
}

TEST_F(RangeCounters, GiveNothingWhereRangesWereDropped) {
  cupti_.drop_ranges(1);
  RangeCounter counter(two_wishes(), options_);
  ASSERT_TRUE(counter.start_pass());
  announce(counter, 1);
  counter.stop_pass();
  EXPECT_TRUE(counter.take().empty());
  EXPECT_THAT(counter.why_absent(), HasSubstr("dropped 1"));
}

TEST_F(RangeCounters, SayWhyTheyDoNotCount) {
  cupti_.fail("cuCtxGetCurrent", 1);
  EXPECT_THAT(refusal(), HasSubstr("no context"));
  cupti_.reset();
  cupti_.fail("vGpu", 1);
  EXPECT_THAT(refusal(), HasSubstr("virtual"));
  cupti_.reset();
  cupti_.fail("chip", 1);
  EXPECT_THAT(refusal(), HasSubstr("YY999"));
  cupti_.reset();
  cupti_.fail("cuptiRangeProfilerEnable", 35);
  EXPECT_THAT(refusal(), HasSubstr("not permitted"));
  cupti_.reset();
  cupti_.fail("cuptiProfilerGetCounterAvailability", 43);
  EXPECT_THAT(refusal(), HasSubstr("MIG"));
  options_.driver = "libno-such-driver.so";
  cupti_.reset();
  EXPECT_THAT(refusal(), HasSubstr("no context"));
}

TEST(RangeCounterWithout, CuptiIsAbsentAndHarmless) {
  RangeCounter counter(two_wishes(), {.cupti = "libno-such-cupti.so"});
  EXPECT_FALSE(counter.why_absent().empty());
  EXPECT_FALSE(counter.start_pass());
  counter.begin(0, 0);
  counter.end();
  EXPECT_FALSE(counter.stop_pass());
  EXPECT_TRUE(counter.take().empty());
}

MetricSchedule two_metrics() {
  MetricSchedule schedule;
  schedule.metrics = {{"time_ns", "t", 1}, {"l2_bytes", "s", 32}};
  return schedule;
}

TEST(CountedRanges, AreNamedByNumber) {
  EXPECT_EQ(range_number(range_name(4095)), 4095U);
  EXPECT_EQ(range_number(""), std::string::npos);
  EXPECT_EQ(range_number("1/2"), std::string::npos);
}

TEST(CountedRanges, TakeOnlyWhatCanBeCounts) {
  CountedRange range;
  EXPECT_TRUE(take_values(range, std::vector<double>{5, 2}, two_metrics()));
  EXPECT_THAT(range.values, ElementsAre(5, 64));
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(take_values(range, std::vector<double>{5, bad}, two_metrics()));
    EXPECT_TRUE(range.values.empty());
  }
  EXPECT_FALSE(take_values(range, std::vector<double>{5}, two_metrics()));
}

TEST(CountedRanges, AddUpAnOpsTurnsWithinATime) {
  const std::vector<SpanSource> sources{{"prefill", {"a", "b"}}};
  const std::vector<CountedRange> ranges{{{0, 0}, 10, {1, 32}}, {{0, 1}, 20, {2, 64}},
                                         {{0, 0}, 30, {4, 96}}, {{0, 0}, 99, {8, 32}},
                                         {{7, 0}, 25, {8, 32}}, {{0, 9}, 25, {8, 32}}};
  const auto sums = sum_counts(ranges, two_metrics(), sources, 10, 99);
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(sums.at("a").at("time_ns"), 5);
  EXPECT_EQ(sums.at("a").at("l2_bytes"), 128);
  EXPECT_EQ(sums.at("b").at("time_ns"), 2);
}

TEST(CountedRanges, WeighSharesOfTimeByIt) {
  const std::vector<SpanSource> sources{{"prefill", {"a"}}};
  MetricSchedule schedule;
  schedule.metrics = {{"time_ns", "t", 1}, {"tensor_active_percent", "p", 1}};
  const std::vector<CountedRange> ranges{{{0, 0}, 10, {100, 90}}, {{0, 0}, 20, {300, 10}}};
  const auto sums = sum_counts(ranges, schedule, sources, 0, 99);
  EXPECT_EQ(sums.at("a").at("time_ns"), 400);
  EXPECT_EQ(sums.at("a").at("tensor_active_percent"), 30) << "(90 * 100 + 10 * 300) / 400";
  // Without a time, by turns.
  schedule.metrics = {{"tensor_active_percent", "p", 1}};
  const std::vector<CountedRange> untimed{{{0, 0}, 10, {90}}, {{0, 0}, 20, {10}}};
  EXPECT_EQ(sum_counts(untimed, schedule, sources, 0, 99).at("a").at("tensor_active_percent"), 50);
}

TEST(CountedRanges, LeaveOutAnOpOfWhichATurnWasNotCounted) {
  const std::vector<SpanSource> sources{{"prefill", {"a", "b"}}};
  const std::vector<CountedRange> ranges{
      {{0, 0}, 10, {1, 32}}, {{0, 0}, 20, {}}, {{0, 1}, 30, {2, 64}}};
  const auto sums = sum_counts(ranges, two_metrics(), sources, 0, 99);
  EXPECT_EQ(sums.count("a"), 0U);
  EXPECT_EQ(sums.count("b"), 1U);
}

}  // namespace
}  // namespace ridgepoint

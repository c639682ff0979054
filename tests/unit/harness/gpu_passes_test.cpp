// What CUPTI adds to traced passes, with a library that stands for it.
#include "harness/run/gpu_passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_cupti.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

class GpuPassesWithFake : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cupti_.path.empty()) GTEST_SKIP() << "this build has no CUPTI";
    recorder_.add_source({"decode", {"embed", "attend"}});
  }
  [[nodiscard]] GpuLibraries libraries() const { return {cupti_.path, cupti_.path}; }
  testing::FakeCuptiLibrary cupti_;
  SpanRecorder recorder_{64};
};

TEST_F(GpuPassesWithFake, ShowATimelineWithoutWhatRanBetweenPasses) {
  GpuPasses gpu(0, recorder_, libraries());
  ASSERT_NE(gpu.timeline(), nullptr);
  cupti_.launch("warm", 10, 20);
  gpu.before_pass();
  gpu.timeline()->begin(0, 1);
  cupti_.launch("attend", 100, 150);
  gpu.timeline()->end();
  const std::vector<TracedPart> parts{{"decode", 90, 160, 0}};
  EXPECT_TRUE(gpu.after_pass(parts));
  cupti_.drop(2);
  gpu.before_pass();
  cupti_.launch("attend", 200, 250);
  cupti_.drop(1);
  EXPECT_FALSE(gpu.after_pass(parts));
  const auto json = gpu.end_timeline();
  EXPECT_EQ(json.at("passes"), 2);
  EXPECT_EQ(json.at("kernels"), 2);
  EXPECT_EQ(json.at("joined_by_external_id"), 1);
  EXPECT_EQ(json.at("incomplete_passes"), 1);
  EXPECT_EQ(json.at("dropped_records"), 1);
  EXPECT_EQ(gpu.timeline(), nullptr);
}

TEST_F(GpuPassesWithFake, CountEachOpOnceAPartOfItsPhase) {
  cupti_.passes(2);
  GpuPasses gpu(0, recorder_, libraries());
  static_cast<void>(gpu.end_timeline());
  SpanTrack& track = recorder_.track(kOpsTrack);
  int made = 0;
  const auto json = gpu.count([&](RangeCounter& counter) -> std::optional<std::vector<TracedPart>> {
    EXPECT_EQ(track.listener(), &counter);
    ++made;
    if (!counter.start_pass()) return std::nullopt;
    std::vector<TracedPart> parts;
    for (int step = 0; step < 2; ++step) {
      const std::int64_t begin_ns = monotonic_ns();
      for (const std::uint32_t op : {0U, 1U}) {
        counter.begin(0, op);
        counter.end();
      }
      parts.push_back({"decode", begin_ns, monotonic_ns() + 1, 0});
    }
    return parts;
  });
  EXPECT_EQ(made, 4);  // two sets of metrics, two passes each
  EXPECT_EQ(json.at("chip"), "XX100");
  EXPECT_EQ(json.at("replays"), 4);
  // Turns 0 and 2 are of the first op; its first metric is time: (100 + 300) / 2.
  EXPECT_EQ(json.at("/phases/decode/embed/time_ns"_json_pointer), 200.0);
  EXPECT_EQ(json.at("/phases/decode/attend/time_ns"_json_pointer), 300.0);
  EXPECT_TRUE(json.at("/phases/decode/attend"_json_pointer).contains("fused_multiply_adds"));
  EXPECT_EQ(track.listener(), nullptr);
}

TEST_F(GpuPassesWithFake, SampleOnePassOverItsTime) {
  GpuPasses gpu(0, recorder_, libraries());
  static_cast<void>(gpu.end_timeline());
  const auto json = gpu.sample([](PmSampler& sampler) -> std::optional<std::vector<TracedPart>> {
    EXPECT_TRUE(sampler.start());
    return std::vector<TracedPart>{{"decode", 70'000, 80'000, 0}};
  });
  EXPECT_EQ(json.at("begin_ns"), 70'000);
  EXPECT_EQ(json.at("at_ns"), nlohmann::json::array({0, 1000, 2000}));
  // A sample of 1000 ns with 100 bytes is 1e8 bytes a second.
  EXPECT_EQ(json.at("dram_read_bytes"), nlohmann::json::array({1e8, 2e8, 3e8}));
  EXPECT_EQ(json.at("overflowed"), false);
}

TEST_F(GpuPassesWithFake, SayWhyThereIsNone) {
  cupti_.fail("cuptiSubscribe_v2", 39);
  cupti_.fail("cuptiRangeProfilerEnable", 35);
  GpuPasses gpu(0, recorder_, libraries());
  EXPECT_EQ(gpu.timeline(), nullptr);
  gpu.before_pass();
  EXPECT_TRUE(gpu.after_pass({}));
  EXPECT_THAT(gpu.end_timeline().at("absent").get<std::string>(), HasSubstr("somebody else"));
  const auto counted = gpu.count([](RangeCounter&) -> std::optional<std::vector<TracedPart>> {
    ADD_FAILURE() << "nothing to count with";
    return std::nullopt;
  });
  EXPECT_THAT(counted.at("absent").get<std::string>(), HasSubstr("not permitted"));
}

TEST(GpuPasses, DoNothingWhereThereIsNoGpu) {
  SpanRecorder recorder(4);
  GpuPasses gpu(std::nullopt, recorder);
  EXPECT_EQ(gpu.timeline(), nullptr);
  EXPECT_TRUE(gpu.after_pass({}));
  EXPECT_TRUE(gpu.end_timeline().is_null());
  EXPECT_TRUE(gpu.count({}).is_null());
}

TEST(GpuPasses, WeighSharesOfTimeOverPartsToo) {
  MetricSchedule schedule;
  schedule.metrics = {{"time_ns", "t", 1}, {"tensor_active_percent", "p", 1}};
  const std::vector<SpanSource> sources{{"decode", {"a"}}};
  const std::vector<CountedRange> ranges{{{0, 0}, 10, {100, 90}}, {{0, 0}, 25, {300, 10}}};
  const std::vector<TracedPart> parts{{"decode", 10, 20, 0}, {"decode", 20, 30, 0}};
  const auto counts = counts_json(ranges, schedule, sources, parts, false);
  EXPECT_EQ(counts.at("/decode/a/time_ns"_json_pointer), 200.0);
  EXPECT_EQ(counts.at("/decode/a/tensor_active_percent"_json_pointer), 30.0);
}

TEST(GpuPasses, LeaveOutPartsThatWereNotCountedToTheirEnd) {
  MetricSchedule schedule;
  schedule.metrics = {{"bytes", "b", 1}};
  const std::vector<SpanSource> sources{{"decode", {"a", "b"}}};
  const std::vector<CountedRange> ranges{{{0, 0}, 10, {4}}, {{0, 1}, 15, {8}}, {{0, 0}, 25, {6}}};
  const std::vector<TracedPart> parts{{"decode", 10, 20, 0}, {"decode", 20, 30, 0}};
  const auto all = counts_json(ranges, schedule, sources, parts, false);
  EXPECT_EQ(all.at("/decode/a/bytes"_json_pointer), 5.0);
  EXPECT_EQ(all.at("/decode/b/bytes"_json_pointer), 8.0);
  const auto cut = counts_json(ranges, schedule, sources, parts, true);
  EXPECT_EQ(cut.at("/decode/a/bytes"_json_pointer), 4.0);
}

}  // namespace
}  // namespace ridgepoint

// The timeline with a library that stands for CUPTI; skipped where the build has no CUPTI.
#include "profiler/cupti/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "profiler/cupti/cupti_error.h"
#include "tests/support/fake_cupti.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kMemcpyKind = 1, kKernelKind = 10;

class Timelines : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cupti_.path.empty()) GTEST_SKIP() << "this build has no CUPTI";
    recorder_.add_source({"decode", {"embed", "q", "attend"}});
  }
  /// One launch of an op.
  void launch(SpanListener& timeline, std::uint32_t op, const char* kernel, std::uint64_t begin,
              std::uint64_t end) {
    timeline.begin(0, op);
    cupti_.launch(kernel, begin, end);
    timeline.end();
  }
  [[nodiscard]] std::span<const Span> spans(const char* track) const {
    const SpanTrack* found = recorder_.find_track(track);
    return found == nullptr ? std::span<const Span>() : found->spans();
  }

  testing::FakeCuptiLibrary cupti_;
  SpanRecorder recorder_{64};
};

TEST_F(Timelines, PutKernelsOnTheOpsThatLaunchedThemAndOnTheirStream) {
  CuptiTimeline timeline(recorder_, cupti_.path);
  ASSERT_EQ(timeline.why_absent(), "");
  EXPECT_EQ(timeline.device_spans(), DeviceSpans::by_listener);
  launch(timeline, 0, "_ZN10ridgepoint4cuda9on_device13lookup_kernelENS0_10LookupArgsE", 1000,
         1100);
  launch(timeline, 1, "product", 1150, 1300);
  launch(timeline, 1, "reduce", 1310, 1350);
  launch(timeline, 2, "attend", 1350, 1500);
  const TimelinePass pass = timeline.collect(900, 1600);
  EXPECT_TRUE(pass.whole());
  EXPECT_EQ(pass.kernels, 4U);
  EXPECT_EQ(pass.by_external, 4U);
  EXPECT_EQ(pass.outside_ns, 0);
  EXPECT_EQ(pass.gaps.gaps, 2U);
  EXPECT_EQ(pass.gaps.idle_ns, 60);
  EXPECT_THAT(spans("ops"), ::testing::ElementsAre(Span{1000, 1100, 0, 0}, Span{1150, 1350, 0, 1},
                                                   Span{1350, 1500, 0, 2}));
  ASSERT_EQ(spans("device stream 7").size(), 4U);
  const Span first = spans("device stream 7").front();
  EXPECT_EQ(recorder_.sources()[first.source].op_ids[first.op], "lookup_kernel");
}

TEST_F(Timelines, MapNodesOfAGraphToTheOpsThatRecordedThem) {
  CuptiTimeline timeline(recorder_, cupti_.path);
  ASSERT_EQ(timeline.why_absent(), "");
  for (std::uint32_t op = 0; op < 3; ++op) {
    timeline.begin(0, op);
    cupti_.record_node(50 + op, 0);
    timeline.end();
  }
  cupti_.record_node(49, 0);  // by nobody
  for (std::uint32_t op = 0; op < 3; ++op) cupti_.record_node(70 + op, 50 + op);
  cupti_.play(70, 3, 2000, 100);
  const TimelinePass pass = timeline.collect(2000, 2300);
  EXPECT_EQ(pass.by_node, 3U);
  EXPECT_THAT(spans("ops"), ::testing::ElementsAre(Span{2000, 2100, 0, 0}, Span{2100, 2200, 0, 1},
                                                   Span{2200, 2300, 0, 2}));
  recorder_.clear();
  cupti_.play(49, 1, 3000, 10);
  EXPECT_EQ(timeline.collect(3000, 3010).by_nothing, 1U);
  EXPECT_THAT(spans("ops"), IsEmpty());
}

TEST_F(Timelines, ForgetWhatRanBeforeAPass) {
  CuptiTimeline timeline(recorder_, cupti_.path);
  launch(timeline, 0, "before", 100, 200);
  timeline.forget();
  launch(timeline, 1, "in", 300, 400);
  EXPECT_EQ(timeline.collect(250, 500).kernels, 1U);
  EXPECT_EQ(spans("ops").size(), 1U);
}

TEST_F(Timelines, AreNoTraceWhereRecordsWereDroppedOrHaveNoTimes) {
  CuptiTimeline timeline(recorder_, cupti_.path);
  launch(timeline, 0, "kernel", 100, 200);
  cupti_.drop(3);
  const TimelinePass dropped = timeline.collect(100, 200);
  EXPECT_FALSE(dropped.whole());
  EXPECT_EQ(dropped.dropped, 3U);
  launch(timeline, 0, "kernel", 0, 0);
  const TimelinePass without = timeline.collect(100, 200);
  EXPECT_EQ(without.without_times, 1U);
  EXPECT_THAT(spans("ops"), IsEmpty());
}

TEST_F(Timelines, SayHowFarTheDeviceLiesOutsideOfThePass) {
  CuptiTimeline timeline(recorder_, cupti_.path);
  launch(timeline, 0, "early", 100, 200);
  EXPECT_EQ(timeline.collect(130, 200).outside_ns, 30);
}

TEST_F(Timelines, AreAbsentWithASentenceWhereAnotherClientIs) {
  cupti_.fail("cuptiSubscribe_v2", 39);
  CuptiTimeline timeline(recorder_, cupti_.path);
  EXPECT_THAT(timeline.why_absent(), HasSubstr("CUPTI for somebody else"));
  EXPECT_EQ(timeline.device_spans(), DeviceSpans::by_execution);
  timeline.begin(0, 0);  // harmless
  timeline.end();
  EXPECT_EQ(timeline.collect(0, 1).kernels, 0U);
}

TEST_F(Timelines, AreAbsentWhereKernelsMayNotBeRecorded) {
  cupti_.fail(("cuptiActivityEnable " + std::to_string(kKernelKind)).c_str(), 35);
  {
    const CuptiTimeline timeline(recorder_, cupti_.path);
    EXPECT_THAT(timeline.why_absent(), HasSubstr("NVreg_RestrictProfilingToAdminUsers=0"));
  }
  EXPECT_EQ(cupti_.subscribers(), 0);
}

TEST_F(Timelines, DoWithoutWhatElseIsRefused) {
  cupti_.fail(("cuptiActivityEnable " + std::to_string(kMemcpyKind)).c_str(), 27);
  CuptiTimeline timeline(recorder_, cupti_.path);
  EXPECT_EQ(timeline.why_absent(), "");
  ASSERT_EQ(timeline.notes().size(), 1U);
  EXPECT_THAT(timeline.notes().front(), HasSubstr("recording copies"));
}

TEST_F(Timelines, AreOneAtATimeAndLeaveNothingEnabled) {
  {
    const CuptiTimeline timeline(recorder_, cupti_.path);
    EXPECT_GT(cupti_.enabled(), 0);
    const CuptiTimeline second(recorder_, cupti_.path);
    EXPECT_THAT(second.why_absent(), HasSubstr("already"));
  }
  EXPECT_EQ(cupti_.enabled(), 0);
  EXPECT_EQ(cupti_.subscribers(), 0);
  const CuptiTimeline again(recorder_, cupti_.path);
  EXPECT_EQ(again.why_absent(), "");
}

TEST(Timeline, IsAbsentWithoutCupti) {
  SpanRecorder recorder(4);
  const CuptiTimeline timeline(recorder, "libno-such-cupti.so");
  EXPECT_FALSE(timeline.why_absent().empty());
  EXPECT_EQ(timeline.why_absent().find('\n'), std::string::npos);
}

TEST(CuptiSentences, SayWhatStandsInTheWayAndWhatHelps) {
  EXPECT_THAT(cupti_sentence("counting", 35), HasSubstr("not permitted"));
  EXPECT_THAT(cupti_sentence("counting", 40), HasSubstr("NVreg_RestrictProfilingToAdminUsers=0"));
  EXPECT_THAT(cupti_sentence("counting", 43), HasSubstr("MIG"));
  EXPECT_THAT(cupti_sentence("counting", 41), HasSubstr("confidential"));
  EXPECT_THAT(cupti_sentence("counting", 26), HasSubstr("another process"));
  EXPECT_THAT(cupti_sentence("counting", 46), HasSubstr("does not know the chip"));
  EXPECT_THAT(cupti_sentence("counting", 39), HasSubstr("does not name"));
  EXPECT_EQ(cupti_sentence("counting", 12), "CUPTI, counting: status 12");
}

}  // namespace
}  // namespace ridgepoint

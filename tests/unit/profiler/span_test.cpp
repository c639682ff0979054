#include "profiler/span.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "profiler/nvtx/nvtx_ranges.h"
#include "profiler/span_recorder.h"

namespace ridgepoint {
namespace {

TEST(SpanChain, LetsEachOpBeginWhereTheOneBeforeEnds) {
  SpanTrack track("ops", 8);
  const std::int64_t before_ns = monotonic_ns();
  {
    SpanChain chain(&track, 7);
    EXPECT_TRUE(chain.traced());
    for (std::uint32_t op = 0; op < 3; ++op) chain.next(op);
  }
  const std::int64_t after_ns = monotonic_ns();
  const auto spans = track.spans();
  ASSERT_EQ(spans.size(), 3U);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].op, i);
    EXPECT_EQ(spans[i].source, 7U);
    EXPECT_LE(spans[i].begin_ns, spans[i].end_ns);
    if (i > 0) {
      EXPECT_EQ(spans[i].begin_ns, spans[i - 1].end_ns);
    }
  }
  EXPECT_GE(spans.front().begin_ns, before_ns);
  EXPECT_LE(spans.back().end_ns, after_ns);
}

TEST(SpanChain, LeavesAGapAfterStop) {
  SpanTrack track("ops", 8);
  SpanChain chain(&track, 0);
  chain.stop();  // nothing runs yet
  chain.next(1);
  chain.stop();
  chain.stop();
  ASSERT_EQ(track.spans().size(), 1U);
  chain.next(2);
  chain.stop();
  ASSERT_EQ(track.spans().size(), 2U);
  EXPECT_GE(track.spans()[1].begin_ns, track.spans()[0].end_ns);
}

TEST(SpanChain, MeasuresByTheSameClockAsEveryoneElse) {
  SpanTrack track("ops", 8);
  constexpr std::int64_t kOp_ns = 2'000'000, kOff_ns = 20'000;
  std::int64_t between_ns[4];
  {
    SpanChain chain(&track, 0);
    for (std::uint32_t op = 0; op < 3; ++op) {
      between_ns[op] = monotonic_ns();
      chain.next(op);
      while (monotonic_ns() < between_ns[op] + kOp_ns) {
      }
    }
    between_ns[3] = monotonic_ns();
  }
  ASSERT_EQ(track.spans().size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const Span& span = track.spans()[i];
    EXPECT_GE(span.end_ns - span.begin_ns, kOp_ns - kOff_ns);
    EXPECT_GE(span.begin_ns, between_ns[i] - kOff_ns);
    EXPECT_GE(span.end_ns, between_ns[i + 1] - kOff_ns);
  }
}

TEST(SpanChain, SettlesItsOwnSpansOnly) {
  SpanTrack track("ops", 3);
  track.add({5, 6, 0, 9});
  {
    SpanChain chain(&track, 0);
    for (std::uint32_t op = 0; op < 4; ++op) chain.next(op);
  }
  EXPECT_EQ(track.dropped(), 2U);
  ASSERT_EQ(track.spans().size(), 3U);
  EXPECT_EQ(track.spans()[0], (Span{5, 6, 0, 9}));
  EXPECT_LE(track.spans()[2].end_ns, monotonic_ns());
}

TEST(TickLine, GoesStraightFromOneMomentToTheOtherAndStaysBetween) {
  const TickLine line({.ticks = 1000, .ns = 50}, {.ticks = 5000, .ns = 1050});
  EXPECT_EQ(line.ns_at(1000), 50);
  EXPECT_EQ(line.ns_at(3000), 550);
  EXPECT_EQ(line.ns_at(5000), 1050);
  EXPECT_EQ(line.ns_at(999), 50);
  EXPECT_EQ(line.ns_at(6000), 1050);
  const TickLine still({.ticks = 7, .ns = 3}, {.ticks = 7, .ns = 3});
  EXPECT_EQ(still.ns_at(7), 3);
}

TEST(SpanChain, ClosesItsSpanWhenAnOpThrows) {
  SpanTrack track("ops", 8);
  const auto run = [&] {
    SpanChain chain(&track, 0);
    chain.next(4);
    throw std::runtime_error("the op failed");
  };
  EXPECT_THROW(run(), std::runtime_error);
  ASSERT_EQ(track.spans().size(), 1U);
  EXPECT_EQ(track.spans()[0].op, 4U);
}

TEST(SpanChain, DoesNothingWhenNobodyListens) {
  SpanChain chain(nullptr, 0);
  EXPECT_FALSE(chain.traced());
  chain.next(0);
  chain.next(1);
  chain.stop();
}

TEST(SpanTrack, CountsWhatItHasNoRoomFor) {
  SpanTrack track("ops", 2);
  for (std::uint32_t op = 0; op < 5; ++op) track.add({0, 1, 0, op});
  EXPECT_EQ(track.spans().size(), 2U);
  EXPECT_EQ(track.spans()[1].op, 1U);
  EXPECT_EQ(track.dropped(), 3U);
  track.clear();
  EXPECT_TRUE(track.spans().empty());
  EXPECT_EQ(track.dropped(), 0U);
  track.add({0, 1, 0, 9});
  EXPECT_EQ(track.spans()[0].op, 9U);
}

TEST(SpanRecorder, GivesOneTrackAName) {
  SpanRecorder recorder(4);
  EXPECT_EQ(recorder.find_track(kOpsTrack), nullptr);
  SpanTrack& ops = recorder.track(kOpsTrack);
  for (int i = 0; i < 100; ++i) recorder.track("worker " + std::to_string(i));
  EXPECT_EQ(&recorder.track(kOpsTrack), &ops) << "it stays where it is";
  EXPECT_EQ(recorder.find_track(kOpsTrack), &ops);
  EXPECT_EQ(recorder.tracks().size(), 101U);
}

TEST(SpanRecorder, KeepsNamesWhenItForgetsSpans) {
  SpanRecorder recorder(4);
  EXPECT_EQ(recorder.add_source({"decode", {"a", "b"}}), 0U);
  EXPECT_EQ(recorder.add_source({"prefill", {"a"}}), 1U);
  recorder.track(kOpsTrack).add({0, 1, 1, 0});
  recorder.clear();
  EXPECT_TRUE(recorder.find_track(kOpsTrack)->spans().empty());
  EXPECT_EQ(recorder.sources()[1].name, "prefill");
  EXPECT_EQ(recorder.sources()[0].op_ids.size(), 2U);
}

class Listener : public SpanListener {
 public:
  void begin(std::uint32_t source, std::uint32_t op) noexcept override {
    heard += "(" + std::to_string(source) + "." + std::to_string(op);
  }
  void end() noexcept override { heard += ")"; }
  std::string heard;
};

class ThreadsListener : public SpanListener, public WorkerListener {
 public:
  void begin(std::uint32_t, std::uint32_t) noexcept override {}
  void end() noexcept override {}
  [[nodiscard]] WorkerListener* workers() noexcept override { return this; }
  void next(int worker, std::uint32_t source, std::uint32_t op) noexcept override {
    heard += std::to_string(worker) + ":" + std::to_string(source) + "." + std::to_string(op) + " ";
  }
  void stop(int worker) noexcept override { heard += std::to_string(worker) + ":end "; }
  std::string heard;
};

TEST(WorkerChain, TellsTheListenerOfEachThreadAlone) {
  SpanRecorder recorder(8);
  SpanTrack& track = recorder.track("ops");
  { WorkerChain(SpanChain(&track, 3), 1).next(0); }  // nobody listens
  Listener silent;
  ThreadsListener threads;
  SpanListeners both;
  both.add(silent);
  EXPECT_EQ(both.workers(), nullptr);
  both.add(threads);
  recorder.set_listener(&both);
  {
    SpanChain whole(&track, 3);
    WorkerChain second(whole, 1);
    second.next(5);
    second.next(6);
  }
  EXPECT_EQ(threads.heard, "1:3.5 1:3.6 1:end ");
  EXPECT_TRUE(track.spans().empty());
  { WorkerChain(SpanChain(nullptr, 0), 0).next(0); }
}

TEST(SpanListener, HearsEachSpanBeginAndEnd) {
  SpanRecorder recorder(4);
  SpanTrack& early = recorder.track("early");
  Listener listener;
  recorder.set_listener(&listener);
  {
    SpanChain chain(&early, 3);
    chain.next(0);
    chain.next(1);
    chain.stop();
    chain.stop();
  }
  { SpanChain(&recorder.track("late"), 4).next(2); }
  EXPECT_EQ(listener.heard, "(3.0)(3.1)(4.2)");
  recorder.set_listener(nullptr);
  SpanChain(&early, 3).next(0);
  EXPECT_EQ(listener.heard, "(3.0)(3.1)(4.2)");
  EXPECT_EQ(early.spans().size(), 3U);
}

TEST(NvtxRanges, ChangeNothingWhenNobodyListens) {
  SpanRecorder recorder(4);
  recorder.add_source({"graph", {"a", "b"}});
  NvtxRanges ranges(recorder);
  ranges.prepare();
  recorder.set_listener(&ranges);
  SpanTrack& track = recorder.track("ops");
  {
    SpanChain chain(&track, 0);
    chain.next(0);
    chain.next(1);
    chain.next(7);  // a number that nobody named
  }
  EXPECT_EQ(track.spans().size(), 3U);
}

}  // namespace
}  // namespace ridgepoint

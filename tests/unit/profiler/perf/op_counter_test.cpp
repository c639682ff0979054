// Counts of ops by thread: with counters that a test moves, and with the kernel's own.
#include "profiler/perf/op_counter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include <thread>

#include "profiler/clock/monotonic_clock.h"
#include "tests/support/fake_counters.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using testing::FakeCounterSource;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kNarrow = 1, kWide = 2;

std::vector<CountedEvent> lanes() {
  return {{"narrow", 1, {4, kNarrow, 0}}, {"wide", 8, {4, kWide, 0}}};
}

const std::vector<SpanSource> kSources = {{"decode", {"embed", "attend"}}};

CountsOfOps sums_of(const CountedPassOfOps& pass) {
  return sum_counts(pass.ranges, pass.schedule, kSources, 0, monotonic_ns() + 1);
}

TEST(OpCounter, GivesEachOpWhatEveryThreadDidForIt) {
  FakeCounterSource pmu;
  OpCounter counter(lanes(), pmu);
  const auto work = [&](int worker, std::uint64_t base) {
    pmu.count(kNarrow, 1'000'000);  // before the pass's first op
    counter.next(worker, 0, 0);
    pmu.count(kNarrow, base);
    pmu.count(kWide, 10 * base);
    counter.next(worker, 0, 1);
    pmu.count(kWide, 3);
    counter.next(worker, 0, 0);
    pmu.count(kNarrow, 1);
    counter.stop(worker);
    pmu.count(kNarrow, 1'000'000);  // after the last
  };
  counter.start_pass();
  std::thread other(work, 1, 200);
  work(0, 100);
  other.join();
  counter.stop_pass();
  counter.next(0, 0, 1);  // not of the pass
  const auto pass = counter.take();
  EXPECT_EQ(pass.why, "");
  EXPECT_EQ(pass.threads, 2U);
  EXPECT_EQ(pass.ranges.size(), 6U);
  EXPECT_FALSE(pass.is_cut);
  EXPECT_THAT(pass.shares, ElementsAre(1, 1));
  const auto sums = sums_of(pass);
  EXPECT_EQ(sums.at("embed").at("narrow"), 100 + 200 + 2);
  EXPECT_EQ(sums.at("embed").at("wide"), 8 * (1000 + 2000));
  EXPECT_EQ(sums.at("attend").at("narrow"), 0);
  EXPECT_EQ(sums.at("attend").at("wide"), 8 * (3 + 3));
}

TEST(OpCounter, ScalesByAllTurnsOfAnOpOnItsThread) {
  FakeCounterSource pmu;
  OpCounter counter(lanes(), pmu);
  counter.start_pass();
  counter.next(0, 0, 0);
  pmu.count(kNarrow, {60, 100, 100});
  pmu.count(kWide, 1);
  counter.next(0, 0, 1);
  counter.next(0, 0, 0);
  pmu.count(kNarrow, {0, 100, 0});  // others had the counter
  pmu.count(kWide, 1);
  counter.stop(0);
  const auto pass = counter.take();
  const auto sums = sums_of(pass);
  EXPECT_EQ(sums.at("embed").at("narrow"), 120);
  EXPECT_EQ(sums.at("embed").at("wide"), 16);
  EXPECT_THAT(pass.shares, ElementsAre(0.5, 1));
}

TEST(OpCounter, LeavesOutAnOpThatWasNeverCountedOnAThread) {
  FakeCounterSource pmu;
  OpCounter counter(lanes(), pmu);
  counter.start_pass();
  counter.next(0, 0, 0);
  pmu.count(kNarrow, 5);
  std::thread other([&] {
    counter.next(1, 0, 0);
    pmu.count(kNarrow, {0, 100, 0});
    counter.next(1, 0, 1);
    pmu.count(kNarrow, 7);
    counter.stop(1);
  });
  other.join();
  counter.stop(0);
  const auto sums = sums_of(counter.take());
  EXPECT_FALSE(sums.contains("embed"));
  EXPECT_EQ(sums.at("attend").at("narrow"), 7);
}

TEST(OpCounter, SaysWhereItsRoomEnded) {
  FakeCounterSource pmu;
  OpCounter counter(lanes(), pmu, {.threads = 2, .turns = 3});
  counter.start_pass();
  const auto announce = [&](int worker, int turns) {
    for (int turn = 0; turn < turns; ++turn) counter.next(worker, 0, 0);
    counter.stop(worker);
  };
  announce(0, 5);
  announce(1, 1);
  const auto pass = counter.take();
  EXPECT_TRUE(pass.is_cut);
  EXPECT_EQ(pass.ranges.size(), 3U);  // what began later is known of one thread alone
}

TEST(OpCounter, HasNothingWhereAThreadCouldNotBeCounted) {
  FakeCounterSource pmu;
  const auto why_of = [&](OpCounter& counter, int worker) {
    counter.start_pass();
    counter.next(worker, 0, 0);
    counter.stop(worker);
    const auto pass = counter.take();
    EXPECT_THAT(pass.ranges, IsEmpty());
    return pass.why;
  };
  OpCounter crowded(lanes(), pmu, {.threads = 2, .turns = 3});
  EXPECT_EQ(why_of(crowded, 2), "more than 2 threads worked");
  OpCounter refused(lanes(), pmu);
  pmu.refused = {kWide};
  EXPECT_EQ(why_of(refused, 0), "the kernel offers no such event here");
  pmu.refused.clear();
  pmu.cannot_read = true;
  OpCounter unreadable(lanes(), pmu);
  EXPECT_EQ(why_of(unreadable, 0), "the counters could not be read");
  OpCounter silent(lanes(), pmu);
  silent.start_pass();
  EXPECT_THAT(silent.take().why, HasSubstr("one thread alone"));
}

TEST(OpCounter, CountsThatThreadWhichIsNowInTheTeam) {
  FakeCounterSource pmu;
  OpCounter counter(lanes(), pmu);
  counter.start_pass();
  for (int team = 0; team < 2; ++team) {
    std::thread thread([&] {
      counter.next(1, 0, 0);
      pmu.count(kNarrow, 11);
      counter.stop(1);
    });
    thread.join();
  }
  EXPECT_EQ(sums_of(counter.take()).at("embed").at("narrow"), 22);
}

TEST(Groups, AreAsLargeAsTheHardwareCountsAtOnce) {
  FakeCounterSource pmu;
  pmu.most_at_once = 2;
  pmu.refused = {3};
  std::vector<CountedEvent> events;
  for (std::uint64_t i = 1; i <= 6; ++i) events.push_back({std::to_string(i), 1, {4, i, 0}});
  events.push_back({"soft", 1, {PERF_TYPE_SOFTWARE, 1, 0}});
  std::vector<std::string> refused;
  const auto groups = groups_that_fit(events, pmu, refused);
  std::vector<std::string> names;
  for (const auto& group : groups) {
    names.emplace_back();
    for (const auto& event : group) names.back() += event.name + " ";
  }
  EXPECT_THAT(names, ElementsAre("1 2 ", "4 5 ", "6 ", "soft "));
  EXPECT_THAT(refused, ElementsAre("3: the kernel offers no such event here"));
}

/// Fresh pages of this thread, each written once.
void touch_pages(std::size_t pages) {
  constexpr std::size_t kPage = 4096;
  void* const place =
      ::mmap(nullptr, pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(place, MAP_FAILED);
  ::madvise(place, pages * kPage, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(place)[i * kPage] = 1;
  ::munmap(place, pages * kPage);
}

TEST(OpCounter, ReadsTheKernelsCountsOnEachThread) {
  const auto chosen = choose_figures([](const std::string&) { return look_up_event("none"); },
                                     "no PMU is asked for", "");
  std::vector<CountedEvent> events;
  for (const auto& figure : chosen.figures) events.push_back(figure.events.front());
  PerfCounterSource kernel;
  std::vector<std::string> refused;
  const auto groups = groups_that_fit(events, kernel, refused);
  if (!refused.empty()) GTEST_SKIP() << refused.front();
  ASSERT_EQ(groups.size(), 1U);
  OpCounter counter(groups.front(), kernel);
  counter.start_pass();
  // One thread touches pages in the first op, the other one in the second.
  const auto work = [&](int worker) {
    counter.next(worker, 0, 0);
    if (worker == 0) touch_pages(300);
    counter.next(worker, 0, 1);
    if (worker == 1) touch_pages(700);
    const auto from = monotonic_ns();
    while (monotonic_ns() - from < 2'000'000) {
    }
    counter.stop(worker);
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  counter.stop_pass();
  const auto pass = counter.take();
  ASSERT_EQ(pass.why, "");
  EXPECT_EQ(pass.threads, 2U);
  const auto sums = sums_of(pass);
  // A sanitizer's shadow faults, too, but less than what the other op has.
  EXPECT_GE(sums.at("embed").at("page-faults"), 300);
  EXPECT_LT(sums.at("embed").at("page-faults"), 500);
  EXPECT_GE(sums.at("attend").at("page-faults"), 700);
  EXPECT_LT(sums.at("attend").at("page-faults"), 950);
  EXPECT_GT(sums.at("attend").at("task-clock"), 0);
  // The second op alone takes time on purpose; how much, others on the machine have a say in.
  EXPECT_GT(sums.at("attend").at("task-clock"), 100'000);
}

TEST(PerfCounters, SayWhyTheyAreNone) {
  PerfCounterSource kernel;
  std::string why;
  const EventCode none{PERF_TYPE_SOFTWARE, 0xffff, 0};
  EXPECT_EQ(kernel.open(std::span(&none, 1), why), nullptr);
  EXPECT_THAT(why, ::testing::Not(IsEmpty()));
  EXPECT_EQ(kernel.open({}, why), nullptr);
}

}  // namespace
}  // namespace ridgepoint

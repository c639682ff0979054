// Counts of ops on a processor, with counters that a test moves.
#include "harness/run/cpu_counting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "profiler/clock/monotonic_clock.h"
#include "tests/support/fake_counters.h"

namespace ridgepoint {
namespace {

using testing::FakeControllers;
using testing::FakeCounterSource;
using ::testing::HasSubstr;

constexpr std::uint64_t kMisses = 1, kNarrowSums = 2, kWideSums = 3, kFaults = 4;

CountedFigures some_figures() {
  CountedFigures figures;
  figures.figures = {
      {CountedKind::bytes, "llc_miss_bytes", "misses", "writes", {{"misses", 64, {4, kMisses, 0}}}},
      {CountedKind::flops,
       "flops",
       "instructions",
       "dot products",
       {{"narrow", 1, {4, kNarrowSums, 0}}, {"wide", 8, {4, kWideSums, 0}}}},
      {CountedKind::other, "page_faults", "faults", "", {{"faults", 1, {1, kFaults, 0}}}}};
  return figures;
}

class CpuCounting : public ::testing::Test {
 protected:
  CpuCounting() {
    recorder_.add_source({"prompt", {"embed", "attend"}});
    recorder_.add_source({"decode", {"embed", "attend"}});
  }

  /// A prompt and two tokens, of two ops each.
  std::optional<std::vector<TracedPart>> pass(const std::function<void()>& begin) {
    SpanTrack& track = recorder_.track(kOpsTrack);
    begin();
    ++passes_;
    std::vector<TracedPart> parts;
    for (int part = 0; part < 3; ++part) {
      const std::int64_t begin_ns = monotonic_ns();
      const std::uint32_t source = part == 0 ? 0 : 1;
      SpanListener& listener = *track.listener();
      for (const std::uint32_t op : {0U, 1U}) {
        listener.begin(source, op);
        if (WorkerListener* const workers = listener.workers(); announces_on_threads_) {
          workers->next(0, source, op);
        }
        pmu_.count(kMisses, op == 0 ? 10U : 20U + static_cast<unsigned>(part));
        pmu_.count(kNarrowSums, 100);
        pmu_.count(kWideSums, 1000);
        pmu_.count(kFaults, 2);
        for (double& bytes : controllers_.bytes) bytes += 640;
      }
      if (announces_on_threads_) listener.workers()->stop(0);
      while (monotonic_ns() == begin_ns) {
      }
      parts.push_back({part == 0 ? "prefill" : "decode", begin_ns, monotonic_ns(), 0});
    }
    return parts;
  }

  nlohmann::json count(const CountedFigures& figures = some_figures()) {
    return count_on_cpu({figures, pmu_, controllers_}, recorder_,
                        [this](const std::function<void()>& begin) { return pass(begin); });
  }

  FakeCounterSource pmu_;
  FakeControllers controllers_;
  SpanRecorder recorder_{64};
  bool announces_on_threads_ = true;
  int passes_ = 0;
};

TEST_F(CpuCounting, GivesEachOpOfEachPhaseItsFigures) {
  const auto json = count();
  EXPECT_EQ(passes_, 2);  // the hardware's and the kernel's
  EXPECT_EQ(json.at("passes"), 2);
  EXPECT_EQ(json.at("threads"), 1);
  EXPECT_EQ(json.at("/phases/prefill/attend/llc_miss_bytes"_json_pointer), 20 * 64.0);
  // The mean of two steps.
  EXPECT_EQ(json.at("/phases/decode/attend/llc_miss_bytes"_json_pointer), 21.5 * 64);
  EXPECT_EQ(json.at("/phases/decode/embed/flops"_json_pointer), 100 + 8 * 1000.0);
  EXPECT_EQ(json.at("/phases/decode/embed/page_faults"_json_pointer), 2.0);
  EXPECT_FALSE(json.contains("bytes_absent"));
  EXPECT_FALSE(json.contains("flops_absent"));
  EXPECT_EQ(json.at("/figures/1/events/1/factor"_json_pointer), 8);
  EXPECT_EQ(json.at("/figures/1/events/1/counted_share"_json_pointer), 1);
  EXPECT_EQ(json.at("/memory_controllers/absent"_json_pointer), "there are none");
  EXPECT_EQ(recorder_.track(kOpsTrack).listener(), nullptr);
}

TEST_F(CpuCounting, TakesAPassForEachGroupThatFits) {
  pmu_.most_at_once = 1;
  const auto json = count();
  EXPECT_EQ(passes_, 4);
  EXPECT_EQ(json.at("/phases/decode/embed/flops"_json_pointer), 100 + 8 * 1000.0);
}

TEST_F(CpuCounting, HalvesAGroupThatOthersNeverLetCount) {
  pmu_.counted_at_once = 1;  // three are opened, and wait
  const auto json = count();
  EXPECT_EQ(json.at("/phases/decode/embed/flops"_json_pointer), 100 + 8 * 1000.0);
  EXPECT_EQ(json.at("/phases/decode/embed/llc_miss_bytes"_json_pointer), 640.0);
  EXPECT_EQ(passes_, 1 + 1 + 1 + 2 + 1);  // three, one of them, two, these apart, the kernel's
}

TEST_F(CpuCounting, HasNoSumWithoutOneOfItsEvents) {
  pmu_.refused = {kWideSums};
  const auto json = count();
  EXPECT_FALSE(json.at("/phases/decode/embed"_json_pointer).contains("flops"));
  EXPECT_THAT(json.at("flops_absent").get<std::string>(), HasSubstr("wide: the kernel offers no"));
  EXPECT_FALSE(json.contains("bytes_absent"));
}

TEST_F(CpuCounting, SaysThatOthersHeldTheCountersAllTheTime) {
  pmu_.counted_at_once = 0;
  const auto json = count();
  EXPECT_TRUE(json.at("phases").empty());
  EXPECT_THAT(json.at("bytes_absent").get<std::string>(), HasSubstr("was never counted"));
}

TEST_F(CpuCounting, SaysWhyTheProcessorCountsNothing) {
  CountedFigures figures = some_figures();
  figures.figures.erase(figures.figures.begin(), figures.figures.begin() + 2);
  figures.why_no_bytes = figures.why_no_flops = "there is no PMU";
  const auto json = count(figures);
  EXPECT_EQ(json.at("bytes_absent"), "there is no PMU");
  EXPECT_EQ(json.at("flops_absent"), "there is no PMU");
  EXPECT_EQ(json.at("/phases/decode/embed/page_faults"_json_pointer), 2.0);
}

TEST_F(CpuCounting, SaysThatABackendAnnouncesOnOneThreadAlone) {
  announces_on_threads_ = false;
  const auto json = count();
  EXPECT_EQ(passes_, 1);  // others would say the same
  EXPECT_THAT(json.at("bytes_absent").get<std::string>(), HasSubstr("one thread alone"));
  EXPECT_THAT(json.at("/figures/2/absent"_json_pointer).get<std::string>(),
              HasSubstr("one thread alone"));
}

TEST_F(CpuCounting, EndsWhenItIsStopped) {
  const auto json = count_on_cpu({some_figures(), pmu_, controllers_}, recorder_,
                                 [](const std::function<void()>&) { return std::nullopt; });
  EXPECT_THAT(json.at("bytes_absent").get<std::string>(), HasSubstr("too little time"));
  EXPECT_EQ(json.at("passes"), 0);
}

TEST_F(CpuCounting, SetsTheMemoryControllersOfTheWholeMachineBesideIt) {
  controllers_.there = {{"dram_read_bytes", "uncore_imc_0", {}, 0, 64}};
  controllers_.bytes = {0};
  const auto json = count();
  EXPECT_EQ(json.at("/memory_controllers/source"_json_pointer), "uncore_imc_0");
  EXPECT_EQ(json.at("/memory_controllers/phases/prefill/dram_read_bytes"_json_pointer), 1280.0);
  EXPECT_EQ(json.at("/memory_controllers/phases/decode/dram_read_bytes"_json_pointer), 1280.0);
}

}  // namespace
}  // namespace ridgepoint

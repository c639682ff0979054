// The way from options to ceilings, with so little to measure that nobody waits; never the figures.
#include "profiler/ceilings/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "profiler/ceilings/bandwidth_kernels.h"
#include "profiler/ceilings/time_together.h"

namespace ridgepoint::ceilings {
namespace {

using ::testing::HasSubstr;

MeasureOptions tiny_options() {
  MeasureOptions options;
  options.step = 2;
  options.largest_bytes = 64 << 10;
  options.threads = 1;
  options.rounds = 3;
  options.batch = {.batch_ns = 1000, .batches = 2, .budget_ns = 1'000'000, .least_batches = 1};
  return options;
}

TEST(WorkingSets, GoUpByTheStepAndEndWithTheLargest) {
  const auto sizes = working_sets(4096, std::int64_t{1} << 30, 1.1);
  EXPECT_EQ(sizes.front(), 4096);
  EXPECT_EQ(sizes.back(), std::int64_t{1} << 30);
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    EXPECT_GT(sizes[i], sizes[i - 1]);
    EXPECT_LE(static_cast<double>(sizes[i]), static_cast<double>(sizes[i - 1]) * 1.1 + 1);
  }
  EXPECT_THAT(working_sets(4096, 4096, 1.1), ::testing::ElementsAre(4096));
}

TEST(TimeTogether, EveryPartPreparesOnceAndWorksInEveryBatch) {
  const std::vector<int> anywhere = {-1, -1, -1};
  std::atomic<int> prepared[3] = {};
  std::atomic<std::int64_t> passes[3] = {};
  const BatchPlan plan{
      .batch_ns = 10'000, .batches = 4, .budget_ns = 1'000'000'000, .least_batches = 2};
  const auto batches = time_together(
      anywhere, plan, [&](int part) { ++prepared[part]; },
      [&](int part, std::int64_t count) { passes[part] += count; });
  EXPECT_EQ(batches.seconds.size(), 4U);
  EXPECT_GE(batches.passes, 1);
  EXPECT_TRUE(batches.pinned);
  for (int part = 0; part < 3; ++part) {
    EXPECT_EQ(prepared[part], 1);
    EXPECT_EQ(passes[part], passes[0]);
    EXPECT_GE(passes[part], 4 * batches.passes);
  }
  for (const double seconds : batches.seconds) EXPECT_GT(seconds, 0);
}

TEST(TimeTogether, ACpuThatIsNotThereIsSaid) {
  const std::vector<int> nowhere = {1'000'000};
  const BatchPlan once{.batch_ns = 0, .batches = 1, .budget_ns = 0, .least_batches = 1};
  EXPECT_FALSE(time_together(
                   nowhere, once, [](int) {}, [](int, std::int64_t) {})
                   .pinned);
}

TEST(TimeTogether, CpusAreOneACore) {
  const auto cpus = one_cpu_a_core();
  ASSERT_FALSE(cpus.empty());
  EXPECT_EQ(std::set<int>(cpus.begin(), cpus.end()).size(), cpus.size());
  EXPECT_GE(count_numa_nodes(), 1);
}

TEST(MeasureCeilings, EachHasAFigureWithItsIntervalOrAReason) {
  const std::atomic<bool> stop{false};
  const auto measured = measure_ceilings(
      tiny_options(), [](const std::string&) {}, stop);
  EXPECT_FALSE(measured.interrupted);
  EXPECT_EQ(measured.conditions.rounds, tiny_options().rounds);
  std::set<std::string> names, kinds;
  for (const Ceiling& ceiling : measured.ceilings) {
    SCOPED_TRACE(name_of(ceiling));
    EXPECT_TRUE(names.insert(name_of(ceiling)).second) << "two ceilings of one name";
    kinds.insert(ceiling.kind);
    if (!ceiling.why_absent.empty()) continue;
    EXPECT_GT(ceiling.estimate.low, 0);
    EXPECT_LE(ceiling.estimate.low, ceiling.estimate.value);
    EXPECT_LE(ceiling.estimate.value, ceiling.estimate.high);
    EXPECT_FALSE(ceiling.samples.empty());
  }
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre("bandwidth", "latency", "compute", "clock"));
  // Every kernel with one and with many streams, and the chase.
  EXPECT_EQ(measured.curves.size(), 2 * kBandwidthKernels + 1);
  for (const Curve& curve : measured.curves) {
    EXPECT_GE(curve.points.size(), 4U) << curve.what;
    EXPECT_TRUE(std::ranges::is_sorted(curve.points, {}, &CurvePoint::bytes)) << curve.what;
    EXPECT_LE(curve.points.back().bytes, 64 << 10);
    const bool has_outermost = std::ranges::any_of(measured.ceilings, [&](const Ceiling& ceiling) {
      return ceiling.what == curve.what && ceiling.streams == curve.streams &&
             ceiling.level == "outermost";
    });
    EXPECT_TRUE(has_outermost) << curve.what;
  }
  EXPECT_TRUE(measured.conditions.huge_bytes.has_value()) << measured.conditions.huge_bytes.why();
}

TEST(MeasureCeilings, BeginsNoRoundThatItHasNoTimeForButTheLeast) {
  const std::atomic<bool> stop{false};
  auto options = tiny_options();
  options.budget_ns = 0;
  std::vector<std::string> said;
  const auto measured = measure_ceilings(
      options, [&](const std::string& what) { said.push_back(what); }, stop);
  EXPECT_EQ(measured.conditions.rounds, options.least_rounds);
  EXPECT_THAT(said.front(), HasSubstr("round 1 of 3"));
  EXPECT_THAT(said.back(), HasSubstr("round 2 of 3"));
}

TEST(MeasureCeilings, StopsWhenAsked) {
  const std::atomic<bool> stop{true};
  const auto measured = measure_ceilings(
      tiny_options(), [](const std::string&) {}, stop);
  EXPECT_TRUE(measured.interrupted);
  EXPECT_TRUE(measured.curves.empty());
}

TEST(Ceiling, NamesAreStable) {
  Ceiling ceiling;
  ceiling.what = "load";
  ceiling.level = "1";
  ceiling.threads = 2;
  ceiling.streams = 8;
  EXPECT_EQ(name_of(ceiling), "load, level 1, 2 threads, 8 streams");
  ceiling.level = "outermost";
  ceiling.threads = ceiling.streams = 1;
  EXPECT_EQ(name_of(ceiling), "load, outermost level, 1 thread, 1 stream");
}

}  // namespace
}  // namespace ridgepoint::ceilings

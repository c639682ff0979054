#include "results/statistics/process_interval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/unit/results/statistics/noise.h"

namespace ridgepoint {
namespace {

using Samples = std::vector<std::int64_t>;
using testing::Noise;
using testing::noise_models;
using testing::NoisySeries;

Samples equal_counts(int processes, int each) {
  return Samples(static_cast<std::size_t>(processes), each);
}

TEST(ProcessInterval, NeedsTwoProcessesThatTookSamples) {
  EXPECT_FALSE(process_interval(Samples{1, 2, 3}, Samples{}));
  EXPECT_FALSE(process_interval(Samples{1, 2, 3}, Samples{3}));
  EXPECT_FALSE(process_interval(Samples{1, 2, 3}, Samples{3, 0}));
  EXPECT_FALSE(process_interval(Samples{}, Samples{0, 0}));
  EXPECT_FALSE(process_interval(Samples{0, 0, 0, 0}, Samples{2, 2}));
  EXPECT_TRUE(process_interval(Samples{1, 2, 3}, Samples{2, 1}));
}

TEST(ProcessInterval, IsStudentsOverTheMediansOfTheProcesses) {
  // Medians 100, 102, 104: mean 102, standard error 2 / sqrt(3).
  const auto interval = process_interval(Samples{100, 100, 102, 102, 104, 104}, Samples{2, 2, 2});
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->median, 102);
  EXPECT_EQ(interval->processes, 3);
  EXPECT_NEAR(interval->between, 5.6428 * 2 / std::sqrt(3), 1e-3);
  EXPECT_NEAR(interval->half_width, interval->between / 102, 1e-9);
}

TEST(ProcessInterval, HoldsTheMedianThatIsShown) {
  // The second process has nearly all samples, and so the median.
  Samples samples = {50};
  samples.insert(samples.end(), 1000, 100);
  samples.push_back(51);
  const auto interval = process_interval(samples, Samples{1, 1000, 1});
  EXPECT_EQ(interval->median, 100);
  EXPECT_LE(interval->interval.low, 100);
  EXPECT_GE(interval->interval.high, 100);
}

TEST(ProcessInterval, IsNotNarrowBecauseThreeProcessesAgreeByChance) {
  // Each process scatters by 20 %, yet their medians are the same.
  Samples samples;
  for (int process = 0; process < 3; ++process) {
    for (int i = 0; i < 20; ++i) samples.push_back(1000 + (i % 2 == 0 ? 200 : -200) + i);
  }
  const auto interval = process_interval(samples, equal_counts(3, 20));
  EXPECT_LT(interval->between, 1e-9);
  EXPECT_GT(interval->half_width, 0.03);
}

TEST(ProcessInterval, IsTheSameEveryTime) {
  NoisySeries source(5);
  const auto samples = source.draw(noise_models()[1], 3, 500);
  const auto first = process_interval(samples, equal_counts(3, 500));
  const auto second = process_interval(samples, equal_counts(3, 500));
  EXPECT_EQ(first->interval.low, second->interval.low);
  EXPECT_EQ(first->interval.high, second->interval.high);
}

// 300 experiments a cell: the share moves by 1.2 % (one standard deviation), and 0.93 lies more
// than three below what single looks aim at. docs/statistics.md has the shares of longer runs.
TEST(ProcessIntervalSimulation, CoversTheMedianUnderEveryNoise) {
  constexpr std::uint64_t kSeed = 2015;
  constexpr int kExperiments = 300;
  SCOPED_TRACE(kSeed);
  NoisySeries source(kSeed);
  for (const Noise& noise : noise_models()) {
    for (const auto& [processes, each] : {std::pair(3, 5), {3, 60}, {6, 25}}) {
      int covered = 0;
      double width = 0;
      for (int i = 0; i < kExperiments; ++i) {
        const auto interval =
            process_interval(source.draw(noise, processes, each), equal_counts(processes, each));
        ASSERT_TRUE(interval);
        covered += interval->interval.low <= NoisySeries::kMedian &&
                   NoisySeries::kMedian <= interval->interval.high;
        width += interval->half_width;
      }
      std::printf("| %s | %d x %d | %.1f %% | %.1f %% |\n", noise.name.c_str(), processes, each,
                  100.0 * covered / kExperiments, 100 * width / kExperiments);
      if (noise.law == Noise::Law::spikes && each == 5) continue;  // its few medians are askew
      EXPECT_GE(covered, 0.93 * kExperiments) << noise.name << " " << processes << " x " << each;
    }
  }
}

// The rule that is in use: a process more until the interval is narrow enough, at most ten.
TEST(ProcessIntervalSimulation, CoversTheMedianWhenMeasuringStopsAsSoonAsItIsNarrow) {
  constexpr std::uint64_t kSeed = 1965;
  constexpr int kExperiments = 300, kEach = 11, kMost = 10;
  constexpr double kAsked = 0.01;
  SCOPED_TRACE(kSeed);
  NoisySeries source(kSeed);
  for (const double effect : {0.0, 0.004, 0.008, 0.012, 0.016, 0.03}) {
    const Noise noise{"", Noise::Law::gaussian, 0.01, 0, effect};
    int covered = 0, precise = 0, taken = 0;
    for (int i = 0; i < kExperiments; ++i) {
      Samples samples, counts;
      std::optional<ProcessInterval> interval;
      while (counts.size() < kMost) {
        const auto more = source.draw(noise, 1, kEach);
        samples.insert(samples.end(), more.begin(), more.end());
        counts.push_back(kEach);
        if (counts.size() < 3) continue;
        interval = process_interval(samples, counts);
        if (interval->half_width <= kAsked) break;
      }
      precise += interval->half_width <= kAsked;
      taken += static_cast<int>(counts.size());
      covered += interval->interval.low <= NoisySeries::kMedian &&
                 NoisySeries::kMedian <= interval->interval.high;
    }
    std::printf("| %.1f %% | %.1f %% | %.0f %% | %.1f |\n", 100 * effect,
                100.0 * covered / kExperiments, 100.0 * precise / kExperiments,
                static_cast<double>(taken) / kExperiments);
    EXPECT_GE(covered, 0.9 * kExperiments) << effect;
  }
}

}  // namespace
}  // namespace ridgepoint

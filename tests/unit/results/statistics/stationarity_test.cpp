#include "results/statistics/stationarity.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "tests/unit/results/statistics/noise.h"

namespace ridgepoint {
namespace {

using Samples = std::vector<std::int64_t>;
using testing::Noise;
using testing::noise_models;
using testing::NoisySeries;

constexpr double kFloor = 0.1;

Samples even_counts(int processes, int each) {
  return Samples(static_cast<std::size_t>(processes), each);
}

void scale(Samples& samples, std::size_t from, std::size_t to, double factor) {
  for (std::size_t i = from; i < to; ++i) {
    samples[i] = std::llround(static_cast<double>(samples[i]) * factor);
  }
}

Samples quiet(std::size_t count, std::uint64_t seed = 3) {
  NoisySeries source(seed);
  return source.draw({"", Noise::Law::gaussian, 0.02, 0.3, 0}, 1, static_cast<int>(count));
}

bool found(const Stationarity& judged) {
  return judged.steadiness == Steadiness::levels || judged.steadiness == Steadiness::trend;
}

TEST(Stationarity, IsNotJudgedOverFewerThanTwelveBatches) {
  const Samples samples = {1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9};
  EXPECT_EQ(judge_stationarity(samples, {}, kFloor).steadiness, Steadiness::too_few);
  EXPECT_EQ(judge_stationarity({}, {}, kFloor).steadiness, Steadiness::too_few);
}

TEST(Stationarity, OfASteadySeriesIsSteady) {
  EXPECT_EQ(judge_stationarity(quiet(600), {}, kFloor).steadiness, Steadiness::steady);
  EXPECT_EQ(judge_stationarity(Samples(50, 7), {}, kFloor).steadiness, Steadiness::steady)
      << "a clock that shows the same every time";
  EXPECT_EQ(judge_stationarity(Samples(50, 0), {}, kFloor).steadiness, Steadiness::too_few)
      << "shares of nothing";
}

TEST(Stationarity, NamesBothLevelsAndWhenOfAShift) {
  Samples samples = quiet(700);
  scale(samples, 412, 700, 3.1);
  const auto judged = judge_stationarity(samples, {}, kFloor);
  ASSERT_EQ(judged.steadiness, Steadiness::levels);
  ASSERT_EQ(judged.levels.size(), 2U);
  EXPECT_NEAR(judged.levels[0].median, 1e6, 2e4);
  EXPECT_NEAR(judged.levels[1].median, 3.1e6, 6e4);
  ASSERT_EQ(judged.levels[0].ranges.size(), 1U);
  ASSERT_EQ(judged.levels[1].ranges.size(), 1U);
  EXPECT_EQ(judged.levels[0].ranges[0].first, 0);
  EXPECT_NEAR(static_cast<double>(judged.levels[0].ranges[0].second), 411, 3);
  EXPECT_EQ(judged.levels[1].ranges[0].second, 699);
  EXPECT_EQ(judged.levels[0].samples + judged.levels[1].samples, 700);
  EXPECT_LE(judged.p_value, kFalseAlarmRate);
}

TEST(Stationarity, NamesTheLevelsOfASeriesThatFlipsAndEveryStay) {
  Samples samples = quiet(3000);
  for (const std::size_t from : {300U, 1100U, 2000U}) scale(samples, from, from + 350, 3);
  const auto judged = judge_stationarity(samples, Samples{1000, 1000, 1000}, kFloor);
  ASSERT_EQ(judged.steadiness, Steadiness::levels);
  EXPECT_EQ(judged.levels[0].ranges.size(), 4U);
  EXPECT_EQ(judged.levels[1].ranges.size(), 3U);
  EXPECT_NEAR(static_cast<double>(judged.levels[1].samples), 1050, 60);
}

TEST(Stationarity, NamesStartAndEndOfATrend) {
  Samples samples = quiet(900);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    scale(samples, i, i + 1, 1 + 0.3 * static_cast<double>(i) / 900);
  }
  const auto judged = judge_stationarity(samples, {}, kFloor);
  ASSERT_EQ(judged.steadiness, Steadiness::trend);
  EXPECT_NEAR(judged.start, 1e6, 3e4);
  EXPECT_NEAR(judged.end, 1.3e6, 3e4);
}

TEST(Stationarity, LetsSmallChangesBe) {
  Samples samples = quiet(900);
  scale(samples, 450, 900, 1.07);
  EXPECT_EQ(judge_stationarity(samples, {}, kFloor).steadiness, Steadiness::steady);
  EXPECT_EQ(judge_stationarity(samples, {}, 0.05).steadiness, Steadiness::levels);
}

TEST(Stationarity, LetsProcessesDifferALittleButNotALot) {
  Samples samples = quiet(900);
  scale(samples, 300, 600, 1.15);
  EXPECT_EQ(judge_stationarity(samples, Samples{300, 300, 300}, kFloor).steadiness,
            Steadiness::steady);
  EXPECT_EQ(judge_stationarity(samples, {}, kFloor).steadiness, Steadiness::levels)
      << "inside of one process it is no process effect";
  scale(samples, 300, 600, 2);
  EXPECT_EQ(judge_stationarity(samples, Samples{300, 300, 300}, kFloor).steadiness,
            Steadiness::levels);
}

TEST(Stationarity, LetsSamplesOfTwoKindsBeWhileTheyAreMixed) {
  // Every other sample or so is slow, at random: one distribution with two peaks.
  std::mt19937_64 random(4);
  Samples samples = quiet(200);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (random() % 3 == 0) scale(samples, i, i + 1, 2);
  }
  EXPECT_EQ(judge_stationarity(samples, {}, kFloor).steadiness, Steadiness::steady);
}

// 400 experiments a cell: at a true rate of 1 %, 4 are expected, and 10 lie three standard
// deviations above. docs/statistics.md has the rates of longer runs.
TEST(StationaritySimulation, RarelyCriesWolf) {
  constexpr std::uint64_t kSeed = 1943;
  constexpr int kExperiments = 400;
  SCOPED_TRACE(kSeed);
  NoisySeries source(kSeed);
  for (const Noise& noise : noise_models()) {
    for (const auto& [processes, each] : {std::pair(3, 5), {3, 40}, {5, 200}}) {
      int alarms = 0, unjudged = 0;
      for (int i = 0; i < kExperiments; ++i) {
        const auto judged = judge_stationarity(source.draw(noise, processes, each),
                                               even_counts(processes, each), kFloor);
        alarms += found(judged);
        unjudged += judged.steadiness == Steadiness::too_few;
      }
      std::printf("| %s | %d x %d | %.2f %% | %.0f %% |\n", noise.name.c_str(), processes, each,
                  100.0 * alarms / kExperiments, 100.0 * unjudged / kExperiments);
      EXPECT_LE(alarms, 10) << noise.name << " " << processes << " x " << each;
    }
  }
}

TEST(StationaritySimulation, SeesAFactorOfThreeForSomeHundredSamples) {
  constexpr std::uint64_t kSeed = 1650;
  constexpr int kExperiments = 100;
  SCOPED_TRACE(kSeed);
  NoisySeries source(kSeed);
  std::mt19937_64 random(kSeed);
  for (const Noise& noise : noise_models()) {
    int seen = 0;
    for (int i = 0; i < kExperiments; ++i) {
      auto samples = source.draw(noise, 3, 333);
      const std::size_t from = random() % 699;
      scale(samples, from, from + 300, 3);
      seen += found(judge_stationarity(samples, even_counts(3, 333), kFloor));
    }
    std::printf("| %s | %.1f %% |\n", noise.name.c_str(), 100.0 * seen / kExperiments);
    EXPECT_GE(seen, 0.9 * kExperiments) << noise.name;
  }
}

}  // namespace
}  // namespace ridgepoint

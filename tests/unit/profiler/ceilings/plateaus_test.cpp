// Levels found in curves whose levels are known, because they were made.
#include "profiler/ceilings/plateaus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "profiler/ceilings/measure.h"

namespace ridgepoint::ceilings {
namespace {

struct Level {
  double up_to_bytes;
  double value;
};

/// A curve over 4 KiB to 1 GiB: flat at each level, and between two falling over a factor 2 of
/// sizes; every point off by noise of `sigma`.
std::vector<CurvePoint> made_curve(const std::vector<Level>& levels, double step, double sigma,
                                   std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, sigma);
  std::vector<CurvePoint> curve;
  for (double bytes = 4096; bytes <= (1 << 30) * 1.001; bytes *= step) {
    double value = levels.back().value;
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
      const double edge = levels[i].up_to_bytes;
      if (bytes <= edge) {
        value = levels[i].value;
        break;
      }
      if (bytes < 2 * edge) {
        const double along = std::log2(bytes / edge);
        value = std::exp(std::log(levels[i].value) * (1 - along) +
                         std::log(levels[i + 1].value) * along);
        break;
      }
    }
    value *= std::exp(sigma > 0 ? noise(random) : 0);
    curve.push_back({static_cast<std::int64_t>(bytes), {value, value, value}});
  }
  return curve;
}

const std::vector<Level> kFourLevels = {
    {48.0 * 1024, 200e9}, {1024.0 * 1024, 90e9}, {32.0 * 1048576, 40e9}, {1e12, 15e9}};

void expect_levels(const std::vector<Plateau>& found, const std::vector<Level>& levels,
                   double within) {
  ASSERT_EQ(found.size(), levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    EXPECT_NEAR(found[i].estimate.value / levels[i].value, 1, within) << "level " << i + 1;
    EXPECT_LE(found[i].estimate.low, found[i].estimate.value);
    EXPECT_GE(found[i].estimate.high, found[i].estimate.value);
    if (i + 1 < levels.size()) {
      EXPECT_NEAR(std::log2(static_cast<double>(found[i].to_bytes) / levels[i].up_to_bytes), 0, 0.4)
          << "level " << i + 1;
    }
  }
}

TEST(Plateaus, AreFoundWhereTheyWereMade) {
  expect_levels(find_plateaus(made_curve(kFourLevels, 1.1, 0, 1)), kFourLevels, 1e-3);
}

TEST(Plateaus, AreFoundThroughNoise) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    expect_levels(find_plateaus(made_curve(kFourLevels, 1.1, 0.015, seed)), kFourLevels, 0.02);
  }
}

TEST(Plateaus, AreFoundInTheCoarseSweep) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto found = find_plateaus(made_curve(kFourLevels, 1.5, 0.005, seed));
    ASSERT_EQ(found.size(), kFourLevels.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(found[i].estimate.value / kFourLevels[i].value, 1, 0.03) << "level " << i + 1;
    }
  }
}

TEST(Plateaus, OfLatencyRiseAndAreFoundAsWell) {
  const std::vector<Level> latency = {
      {48.0 * 1024, 1.2}, {1024.0 * 1024, 4}, {32.0 * 1048576, 20}, {1e12, 110}};
  expect_levels(find_plateaus(made_curve(latency, 1.1, 0.01, 3)), latency, 0.02);
}

TEST(Plateaus, NeedNotBeThreeOrFour) {
  const std::vector<Level> flat = {{1e12, 20e9}};
  expect_levels(find_plateaus(made_curve(flat, 1.1, 0.02, 5)), flat, 0.02);
  const std::vector<Level> two = {{1048576, 50e9}, {1e12, 20e9}};
  expect_levels(find_plateaus(made_curve(two, 1.1, 0.01, 5)), two, 0.02);
}

TEST(Plateaus, OnePointOffMakesNoLevel) {
  auto curve = made_curve({{1e12, 20e9}}, 1.1, 0.01, 7);
  curve[curve.size() / 2].estimate.value = 5e9;
  const auto found = find_plateaus(curve);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, 0U);
  EXPECT_EQ(found[0].last, curve.size() - 1);
}

TEST(Plateaus, ARampIsNone) {
  std::vector<CurvePoint> curve;
  double value = 200e9;
  for (double bytes = 4096; bytes < 1e9; bytes *= 1.1, value *= 0.97) {
    curve.push_back({static_cast<std::int64_t>(bytes), {value, value, value}});
  }
  EXPECT_TRUE(find_plateaus(curve).empty());
}

TEST(Plateaus, AShortRampIsNone) {
  // Each point lies within 6 % of the one in the middle, yet all of them fall.
  std::vector<CurvePoint> curve;
  double value = 50e9;
  for (double bytes = 4096; curve.size() < 5; bytes *= 1.5, value *= 0.965) {
    curve.push_back({static_cast<std::int64_t>(bytes), {value, value, value}});
  }
  EXPECT_TRUE(find_plateaus(curve).empty());
}

TEST(Plateaus, TooFewPointsSayNothing) {
  EXPECT_TRUE(find_plateaus({}).empty());
  const std::vector<CurvePoint> two = {{4096, {1, 1, 1}}, {8192, {1, 1, 1}}};
  EXPECT_TRUE(find_plateaus(two).empty());
}

TEST(Plateaus, AreKnownNoBetterThanTheirPoints) {
  auto curve = made_curve({{1e12, 20e9}}, 1.5, 0, 1);
  for (auto& point : curve) point.estimate = {20e9, 15e9, 20.4e9};
  const auto found = find_plateaus(curve);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].estimate.value, 20e9);
  EXPECT_EQ(found[0].estimate.low, 15e9);
  EXPECT_EQ(found[0].estimate.high, 20.4e9);
}

TEST(Levels, NeverOverlapWhereTheEndIsNotFlat) {
  // Flat up to 0.4 of the largest size, and falling from there.
  Curve curve;
  curve.kind = "bandwidth";
  for (double bytes = 4096; bytes <= (1 << 30); bytes *= 1.1) {
    const double beyond = bytes / (0.4 * (1 << 30));
    const double value = beyond <= 1 ? 20e9 : 20e9 / (beyond * beyond);
    curve.points.push_back({static_cast<std::int64_t>(bytes), {value, value, value}});
  }
  std::vector<Ceiling> levels;
  add_levels(curve, 1, levels);
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(levels[0].level, "1");
  EXPECT_EQ(levels[1].level, "outermost");
  EXPECT_GT(levels[1].from_bytes, levels[0].to_bytes);
  EXPECT_LT(levels[1].estimate.high, levels[0].estimate.low);
}

TEST(BestEstimate, IsTheMedianOfTheBestRound) {
  const std::vector<std::vector<double>> rounds = {{7, 8, 9}, {10, 12, 11}, {}, {5, 6, 40}};
  const auto highest = estimate_best(rounds, Best::highest);
  EXPECT_EQ(highest.value, 11);
  EXPECT_EQ(highest.low, 8) << "the median of the middle round";
  EXPECT_EQ(highest.high, 12) << "the end of the best round's own interval";
  const auto lowest = estimate_best(rounds, Best::lowest);
  EXPECT_EQ(lowest.value, 6);
  EXPECT_EQ(lowest.low, 5);
  EXPECT_EQ(lowest.high, 40) << "of its own interval, which reaches further than other rounds";
}

TEST(BestEstimate, IsKnownAsWellAsTheBetterHalfOfItsRounds) {
  // Strangers were at work in two of five.
  const std::vector<std::vector<double>> rounds = {{40}, {13}, {39}, {12}, {38}};
  EXPECT_EQ(estimate_best(rounds, Best::highest).low, 38);
  EXPECT_EQ(estimate_best(std::span(rounds).first(2), Best::highest).low, 13) << "no middle of two";
  EXPECT_EQ(estimate_best(rounds, Best::lowest).high, 38);
}

TEST(BestEstimate, OfOneRoundIsItsMedian) {
  const std::vector<std::vector<double>> once = {{4, 1, 2, 3}};
  for (const Best best : {Best::highest, Best::lowest}) {
    const auto estimate = estimate_best(once, best);
    EXPECT_EQ(estimate.value, 2.5);
    EXPECT_EQ(estimate.low, 1);
    EXPECT_EQ(estimate.high, 4);
  }
  EXPECT_EQ(estimate_best({}, Best::highest).value, 0);
}

TEST(BestEstimate, StandsThroughASlowSpellThatLeavesOneRoundAlone) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise(0, 0.01);
  const auto round_at = [&](double rate) {
    std::vector<double> round;
    for (int i = 0; i < 5; ++i) round.push_back(rate * std::exp(noise(random)));
    return round;
  };
  for (int trial = 0; trial < 100; ++trial) {
    const std::vector<std::vector<double>> rounds = {round_at(25), round_at(40), round_at(30)};
    EXPECT_NEAR(estimate_best(rounds, Best::highest).value / 40, 1, 0.03);
  }
}

TEST(MedianEstimate, HasTheIntervalOfOrderStatistics) {
  // Of 11 samples the second lowest to the second highest hold the median with 98.8 %, and the
  // third with 93.5 %.
  const auto estimate = estimate_median({11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6});
  EXPECT_EQ(estimate.value, 6);
  EXPECT_EQ(estimate.low, 2);
  EXPECT_EQ(estimate.high, 10);
}

TEST(MedianEstimate, OfFewSamplesHasTheirRange) {
  const auto estimate = estimate_median({4, 1, 2, 3});
  EXPECT_EQ(estimate.value, 2.5);
  EXPECT_EQ(estimate.low, 1);
  EXPECT_EQ(estimate.high, 4);
  EXPECT_EQ(estimate_median({}).value, 0);
}

TEST(MedianEstimate, CoversTheMedianAsOftenAsItSays) {
  std::mt19937_64 random(11);
  std::exponential_distribution<double> skewed(1);
  for (const std::size_t n : {std::size_t{9}, std::size_t{100}, std::size_t{700}}) {
    int covered = 0;
    for (int trial = 0; trial < 400; ++trial) {
      std::vector<double> samples(n);
      for (double& sample : samples) sample = skewed(random);
      const auto estimate = estimate_median(samples);
      if (estimate.low <= std::log(2.0) && std::log(2.0) <= estimate.high) ++covered;
    }
    EXPECT_GE(covered, 370) << n;  // 95 % of 400 is 380; 370 is 2.3 standard deviations below
  }
}

}  // namespace
}  // namespace ridgepoint::ceilings

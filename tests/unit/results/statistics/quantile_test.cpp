#include "results/statistics/quantile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace ridgepoint {
namespace {

using Samples = std::vector<std::int64_t>;

TEST(Quantile, InterpolatesAsTypeSeven) {
  // R: quantile(c(10, 20, 30, 40), c(.25, .5, .9))
  const Samples samples = {40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(quantile(samples, 0.25), 17.5);
  EXPECT_DOUBLE_EQ(quantile(samples, 0.5), 25);
  EXPECT_DOUBLE_EQ(quantile(samples, 0.9), 37);
  EXPECT_DOUBLE_EQ(median(samples), 25);
  EXPECT_DOUBLE_EQ(median(Samples{7}), 7);
  EXPECT_DOUBLE_EQ(median(Samples{5, 5, 5, 1, 9}), 5);
  EXPECT_DOUBLE_EQ(median(std::vector<double>{0.5, 1.5}), 1);
}

TEST(Quantile, TakesNoEmptySampleAndNoProbabilityOutsideOfZeroToOne) {
  EXPECT_THROW(median(Samples{}), std::invalid_argument);
  EXPECT_THROW(quantile(Samples{1}, 0), std::invalid_argument);
  EXPECT_THROW(quantile(Samples{1}, 1), std::invalid_argument);
  EXPECT_THROW(samples_needed(std::nan("")), std::invalid_argument);
}

TEST(SamplesNeeded, AreWilksCounts) {
  EXPECT_EQ(samples_needed(0.5), 5);
  EXPECT_EQ(samples_needed(0.9), 29);
  EXPECT_EQ(samples_needed(0.95), 59);
  EXPECT_EQ(samples_needed(0.99), 299);
  EXPECT_EQ(samples_needed(0.999), 2995);
  for (double p = 0.01; p < 0.9995; p += 0.00071) {
    const std::int64_t n = samples_needed(p);
    EXPECT_GE(1 - std::pow(p, n), kClaimConfidence - 1e-12) << p;
    if (n > 1) {
      EXPECT_LT(1 - std::pow(p, n - 1), kClaimConfidence) << p;
    }
  }
}

TEST(QuantileClaim, IsRefusedBelowTheCountThatSupportsIt) {
  Samples samples(298, 1);
  QuantileClaim claim = claim_quantile(samples, 0.99);
  EXPECT_FALSE(claim.value);
  EXPECT_FALSE(claim.upper);
  EXPECT_EQ(claim.needed, 299);
  EXPECT_EQ(claim.count, 298);
  samples.push_back(2);
  claim = claim_quantile(samples, 0.99);
  ASSERT_TRUE(claim.value);
  EXPECT_EQ(*claim.upper, 2) << "with the least count, the bound is the largest sample";
  EXPECT_FALSE(claim_quantile(Samples{}, 0.5).value);
}

TEST(MedianInterval, ExistsFromSixSamplesOn) {
  EXPECT_FALSE(median_interval(Samples{1, 2, 3, 4, 5}));
  const auto interval = median_interval(Samples{6, 1, 5, 2, 4, 3});
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 6);
}

TEST(MedianInterval, HasTheRanksOfTheBinomialTables) {
  // Conover, Practical Nonparametric Statistics: n = 20 has ranks 6 and 15, n = 100 has 40 and 61.
  Samples twenty, hundred;
  for (int i = 1; i <= 20; ++i) twenty.push_back(i);
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  EXPECT_EQ(median_interval(twenty)->low, 6);
  EXPECT_EQ(median_interval(twenty)->high, 15);
  EXPECT_EQ(median_interval(hundred)->low, 40);
  EXPECT_EQ(median_interval(hundred)->high, 61);
}

TEST(MedianInterval, IsNarrowAndQuickForAMillionSamples) {
  Samples samples(1'000'000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int64_t>(i);
  const auto interval = median_interval(samples);
  EXPECT_NEAR(interval->low, 500'000 - 980, 2);  // 1.96 sqrt(n) / 2
  EXPECT_NEAR(interval->high, 500'000 + 980, 2);
}

// Samples from laws whose quantiles are known; a bound must hold in 95 % of the experiments. With
// 20,000 experiments the share moves by 0.15 % (one standard deviation), so 0.945 is 3 below.
class Simulation : public ::testing::TestWithParam<int> {
 protected:
  static constexpr std::uint64_t kSeed = 1941;
  static constexpr int kExperiments = 20'000;
  static constexpr double kLeastCoverage = 0.945;

  Samples draw(int count) {
    Samples samples(static_cast<std::size_t>(count));
    // Exponential, scaled so that ties do not matter.
    for (auto& sample : samples) sample = static_cast<std::int64_t>(law_(random_) * 1e12);
    return samples;
  }
  static double true_quantile(double p) { return -std::log1p(-p) * 1e12; }

 private:
  std::mt19937_64 random_{kSeed};
  std::exponential_distribution<double> law_{1.0};
};

TEST_P(Simulation, TheMedianIntervalCoversTheMedian) {
  SCOPED_TRACE(kSeed);
  int covered = 0;
  for (int i = 0; i < kExperiments; ++i) {
    const auto interval = median_interval(draw(GetParam()));
    covered += interval->low <= true_quantile(0.5) && true_quantile(0.5) <= interval->high;
  }
  EXPECT_GE(covered, kLeastCoverage * kExperiments);
}

TEST_P(Simulation, TheBoundBehindAClaimLiesAboveTheQuantile) {
  SCOPED_TRACE(kSeed);
  for (const double p : {0.5, 0.9, 0.95}) {
    if (GetParam() < samples_needed(p)) continue;
    int held = 0;
    for (int i = 0; i < kExperiments; ++i) {
      const QuantileClaim claim = claim_quantile(draw(GetParam()), p);
      ASSERT_TRUE(claim.value);
      EXPECT_LE(*claim.value, *claim.upper + 1) << "an estimate above its own bound";
      held += *claim.upper >= true_quantile(p);
    }
    EXPECT_GE(held, kLeastCoverage * kExperiments) << p;
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, Simulation, ::testing::Values(6, 7, 10, 29, 35, 59, 101));

TEST(QuantileClaim, HoldsForTheNinetyNinthPercentileToo) {
  constexpr std::uint64_t kSeed = 299;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  constexpr int kExperiments = 4000;
  for (const int count : {299, 500}) {
    int held = 0;
    Samples samples(static_cast<std::size_t>(count));
    for (int i = 0; i < kExperiments; ++i) {
      for (auto& sample : samples) sample = static_cast<std::int64_t>(random() >> 2);
      held += *claim_quantile(samples, 0.99).upper >= 0.99 * std::pow(2.0, 62);
    }
    EXPECT_GE(held, 0.94 * kExperiments) << count;
  }
}

}  // namespace
}  // namespace ridgepoint

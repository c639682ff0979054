#include "results/statistics/rank_shift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ridgepoint {
namespace {

using Values = std::vector<double>;

TEST(RankShift, AgreesWithAWorkedExample) {
  // R: wilcox.test(b, a, conf.int = TRUE, exact = TRUE)
  const Values a = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const Values b = {1.15, 0.88, 0.90, 0.74, 1.21};
  const Shift shift = rank_shift(a, b, 0.05, 0);
  EXPECT_NEAR(shift.estimate, -0.305, 1e-12);
  EXPECT_NEAR(shift.p_below, 0.1272061272061, 1e-9) << "alternative: less";
  ASSERT_TRUE(shift.interval);
  EXPECT_NEAR(shift.interval->low, -0.76, 1e-12);
  EXPECT_NEAR(shift.interval->high, 0.15, 1e-12);
}

TEST(RankShift, NullDistributionCountsTheOrders) {
  // 3 and 2 values: 10 orders, U = 0, 1, 2, 3, 4, 5, 6 in 1, 1, 2, 2, 2, 1, 1 of them.
  EXPECT_DOUBLE_EQ(mann_whitney_lower_tail(3, 2, 0), 0.1);
  EXPECT_DOUBLE_EQ(mann_whitney_lower_tail(3, 2, 2), 0.4);
  EXPECT_DOUBLE_EQ(mann_whitney_lower_tail(2, 3, 3), 0.6);
  EXPECT_DOUBLE_EQ(mann_whitney_lower_tail(3, 2, 6), 1);
  EXPECT_DOUBLE_EQ(mann_whitney_lower_tail(3, 2, -1), 0);
}

TEST(RankShift, ApproximationMeetsTheExactLaw) {
  for (const double u : {30.0, 45.0, 72.0}) {
    const double exact = mann_whitney_lower_tail(12, 12, u);
    const double deviation = std::sqrt(144 * 25 / 12.0);
    const double approximate = std::erfc((72 - u - 0.5) / deviation / std::sqrt(2.0)) / 2;
    EXPECT_NEAR(exact, approximate, 0.003) << u;
  }
}

TEST(RankShift, HasNoIntervalWhereTooFewValuesAllowNone) {
  const Values three = {1, 2, 3};
  EXPECT_FALSE(rank_shift(three, three, 0.01, 0).interval);
  const Values five = {1, 2, 3, 4, 5};
  EXPECT_TRUE(rank_shift(five, five, 0.01, 0).interval) << "2 / 252 is below 1 %";
  EXPECT_THROW(rank_shift({}, five, 0.01, 0), std::invalid_argument);
}

TEST(RankShift, OneWildValueMovesLittle) {
  Values a(20);
  Values b(20);
  for (std::size_t i = 0; i < 20; ++i) {
    a[i] = static_cast<double>(i);
    b[i] = static_cast<double>(i) + 3;
  }
  b[7] = 1e9;
  const Shift shift = rank_shift(a, b, 0.01, 0);
  EXPECT_NEAR(shift.estimate, 3, 1);
  EXPECT_LT(shift.interval->high, 12);
}

TEST(RankShift, TiesNeverMakeASmallP) {
  const Values same(30, 5.0);
  const Shift shift = rank_shift(same, same, 0.01, 0);
  EXPECT_EQ(shift.estimate, 0);
  EXPECT_GT(shift.p_above, 0.4);
  EXPECT_GT(shift.p_below, 0.4);
}

/// Shares of 2,000 simulated pairs (fixed seed) in which the interval misses the true shift, and in
/// which a test at the exact boundary of the margin rejects.
struct Errors {
  double missed, rejected;
};

template <class Law>
Errors simulate(Law&& law, std::size_t count_a, std::size_t count_b, double alpha) {
  std::mt19937_64 random(20240501);
  constexpr int kTrials = 2000;
  constexpr double kShift = 0.3;
  int missed = 0;
  int rejected = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Values a(count_a);
    Values b(count_b);
    std::ranges::generate(a, [&] { return law(random); });
    std::ranges::generate(b, [&] { return law(random) + kShift; });
    const Shift shift = rank_shift(a, b, alpha, kShift);
    missed += shift.interval->low > kShift || shift.interval->high < kShift ? 1 : 0;
    rejected += shift.p_above <= alpha ? 1 : 0;
  }
  return {missed / static_cast<double>(kTrials), rejected / static_cast<double>(kTrials)};
}

TEST(RankShift, KeepsItsErrorsForAnyLawAndSize) {
  std::normal_distribution<double> normal;
  std::cauchy_distribution<double> heavy;
  std::lognormal_distribution<double> skewed;
  // 5 % asked; four standard errors of 2,000 trials allowed above.
  using Counts = std::pair<std::size_t, std::size_t>;
  for (const auto& [n, m] : {Counts{6, 6}, Counts{10, 7}, Counts{30, 30}}) {
    for (const Errors errors : {simulate(normal, n, m, 0.05), simulate(heavy, n, m, 0.05),
                                simulate(skewed, n, m, 0.05)}) {
      EXPECT_LT(errors.missed, 0.07) << n << " " << m;
      EXPECT_LT(errors.rejected, 0.07) << n << " " << m;
      EXPECT_GT(errors.missed, 0.01) << "not by being useless";
    }
  }
}

}  // namespace
}  // namespace ridgepoint

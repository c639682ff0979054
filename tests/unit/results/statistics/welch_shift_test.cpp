#include "results/statistics/welch_shift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

namespace ridgepoint {
namespace {

using Values = std::vector<double>;

TEST(WelchShift, AgreesWithAWorkedExample) {
  // Means 10 and 14, variances 1 and 4, three values each: error sqrt(5 / 3), 2.941 degrees.
  const Shift shift = welch_shift(Values{9, 10, 11}, Values{12, 14, 16}, 0.05, 0);
  EXPECT_DOUBLE_EQ(shift.estimate, 4);
  ASSERT_TRUE(shift.interval);
  EXPECT_NEAR(shift.interval->low, -0.1554, 1e-4);
  EXPECT_NEAR(shift.interval->high, 8.1554, 1e-4);
  EXPECT_NEAR(shift.p_above, 0.027393, 1e-5);
  EXPECT_NEAR(shift.p_above + shift.p_below, 1, 1e-12) << "with no margin the tails add up";
}

TEST(WelchShift, TakesConstantValuesAtTheirWord) {
  const Shift shift = welch_shift(Values{5, 5, 5}, Values{6, 6, 6}, 0.01, 0.5);
  EXPECT_EQ(shift.interval->low, 1);
  EXPECT_EQ(shift.interval->high, 1);
  EXPECT_EQ(shift.p_above, 0);
  EXPECT_EQ(shift.p_below, 1);
  EXPECT_THROW(welch_shift(Values{1}, Values{1, 2}, 0.01, 0), std::invalid_argument);
}

TEST(WelchShift, KeepsItsErrorsWithThreeProcessesOfUnequalNoise) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> quiet(0, 0.01);
  std::normal_distribution<double> loud(0.02, 0.03);
  constexpr int kTrials = 4000;
  int missed = 0;
  int rejected = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Values a(3);
    Values b(3);
    std::ranges::generate(a, [&] { return quiet(random); });
    std::ranges::generate(b, [&] { return loud(random); });
    const Shift shift = welch_shift(a, b, 0.05, 0.02);
    missed += shift.interval->low > 0.02 || shift.interval->high < 0.02 ? 1 : 0;
    rejected += shift.p_above <= 0.05 ? 1 : 0;
  }
  EXPECT_LT(missed / static_cast<double>(kTrials), 0.065);
  EXPECT_LT(rejected / static_cast<double>(kTrials), 0.065);
}

}  // namespace
}  // namespace ridgepoint

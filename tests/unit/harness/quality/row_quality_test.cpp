#include "harness/quality/row_quality.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace ridgepoint {
namespace {

/// Logits of these probabilities; a softmax does not see what is added to all of them.
std::vector<float> logits_of(const std::vector<double>& probabilities, double added = 0) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p) + added));
  return logits;
}

RowDifference compared(const std::vector<float>& logits, const std::vector<float>& baseline,
                       std::int32_t target) {
  return compare_row(logits, judge_row(logits, target), baseline, target);
}

TEST(RowQuality, IsTheLogarithmOfTheProbability) {
  const auto logits = logits_of({0.5, 0.25, 0.125, 0.125}, 3);
  EXPECT_NEAR(judge_row(logits, 0).nll, std::log(2), 1e-7);
  EXPECT_NEAR(judge_row(logits, 1).nll, std::log(4), 1e-7);
  EXPECT_NEAR(judge_row(logits, 3).nll, std::log(8), 1e-7);
}

TEST(RowQuality, SurvivesLogitsThatOverflowAnExponential) {
  const std::vector<float> logits = {3e4F, 3e4F, -3e4F};
  EXPECT_NEAR(judge_row(logits, 0).nll, std::log(2), 1e-9);
  EXPECT_NEAR(judge_row(logits, 2).nll, 6e4 + std::log(2), 1e-3);
}

TEST(RowQuality, SaysWhereALogitIsNoNumber) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> logits = {1, bad, 2};
    const std::vector<float> good = {1, 2, 3};
    EXPECT_FALSE(judge_row(logits, 0).finite);
    EXPECT_FALSE(compared(good, logits, 0).baseline.finite);
  }
}

TEST(RowDifference, IsTheDivergenceFromTheBaselinesDistribution) {
  const auto p = logits_of({0.5, 0.25, 0.25}, -2);
  const auto q = logits_of({0.25, 0.5, 0.25}, 5);
  const auto difference = compared(q, p, 1);
  EXPECT_NEAR(difference.kl, 0.5 * std::log(2) - 0.25 * std::log(2), 1e-6);
  EXPECT_NEAR(difference.baseline.nll, std::log(4), 1e-6);
  EXPECT_FALSE(difference.same_top);
  // The other way round it is another number where the distributions are not each other's mirror.
  const auto sharp = logits_of({0.8, 0.1, 0.1});
  EXPECT_NEAR(compared(sharp, p, 0).kl, 0.5 * std::log(0.5 / 0.8) + 0.5 * std::log(0.25 / 0.1),
              1e-6);
}

TEST(RowDifference, OfEqualRowsIsNothing) {
  const auto p = logits_of({0.5, 0.3, 0.2});
  const auto moved = logits_of({0.5, 0.3, 0.2}, 1.5);
  EXPECT_EQ(compared(p, p, 0).kl, 0);
  EXPECT_TRUE(compared(p, p, 0).same_top);
  EXPECT_NEAR(compared(moved, p, 0).kl, 0, 1e-6);
  EXPECT_GE(compared(moved, p, 0).kl, 0);
}

TEST(RowDifference, TakesTheLowestOfEqualTops) {
  const std::vector<float> tie = {1, 2, 2};
  const std::vector<float> second = {0, 3, 1};
  const std::vector<float> third = {0, 1, 3};
  EXPECT_TRUE(compared(tie, second, 0).same_top);
  EXPECT_FALSE(compared(tie, third, 0).same_top);
}

}  // namespace
}  // namespace ridgepoint

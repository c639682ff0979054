#include "results/statistics/difference_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace ridgepoint {
namespace {

DifferenceHistory history_of(const std::vector<double>& differences) {
  DifferenceHistory history;
  for (const double difference : differences) history.add(difference);
  return history;
}

TEST(DifferenceHistory, KeepsWhatWasKnownBeforeEachPair) {
  const auto history = history_of({1, 2, 6, 3, 10, 4});
  const auto steps = history.steps();
  ASSERT_EQ(steps.size(), 6u);
  EXPECT_DOUBLE_EQ(steps[3].centre, 2);    // of 1 2 6
  EXPECT_DOUBLE_EQ(steps[4].centre, 2.5);  // of 1 2 6 3
  EXPECT_DOUBLE_EQ(steps[4].previous, 3);
  EXPECT_FALSE(steps[3].ready);
  EXPECT_TRUE(steps[4].ready);
}

TEST(DifferenceHistory, ScaleIsTheMedianAbsoluteDeviation) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(1, 0.5);
  std::vector<double> values;
  for (int count = 1; count <= 60; ++count) {
    values.push_back(noise(random));
    auto sorted = values;
    const auto middle = [](std::vector<double>& of) {
      std::sort(of.begin(), of.end());
      const auto half = of.size() / 2;
      return of.size() % 2 == 1 ? of[half] : 0.5 * (of[half - 1] + of[half]);
    };
    const double centre = middle(sorted);
    std::vector<double> deviations;
    for (const double value : values) deviations.push_back(std::abs(value - centre));
    const auto history = history_of(values);
    EXPECT_DOUBLE_EQ(history.centre(), centre);
    EXPECT_NEAR(history.scale(), std::max(1e-4, 1.4826 * middle(deviations)), 1e-12) << count;
  }
}

TEST(DifferenceHistory, HasAScaleEvenWhenAllAreEqual) {
  EXPECT_GT(history_of({3, 3, 3, 3}).scale(), 0);
  EXPECT_EQ(history_of({3, 3, 3, 3}).autocorrelation(), 0);
}

TEST(DifferenceHistory, FindsTheCorrelationOfASeriesWhoseCorrelationIsKnown) {
  std::mt19937_64 random(6);
  std::normal_distribution<double> noise;
  for (const double rho : {-0.5, 0.0, 0.5, 0.8}) {
    DifferenceHistory history;
    double level = 0;
    for (int i = 0; i < 4000; ++i) {
      level = rho * level + noise(random);
      history.add(level);
    }
    EXPECT_NEAR(history.autocorrelation(), rho, 0.05) << rho;
  }
}

}  // namespace
}  // namespace ridgepoint

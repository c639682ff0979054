// Slopes of lines that were drawn.
#include "results/wall/elasticity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

std::vector<LoadedTime> drawn(double elasticity, double noise, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> error(0, noise);
  std::vector<LoadedTime> points;
  for (int i = 0; i < 20; ++i) {
    const double bandwidth = 10e9 * (1 + i % 5);
    points.push_back({bandwidth, 3e-3 * std::pow(bandwidth / 1e10, -elasticity) *
                                     std::exp(noise > 0 ? error(random) : 0)});
  }
  return points;
}

TEST(Elasticity, IsTheSlopeOfTheLogarithms) {
  for (const double drawn_slope : {0.0, 0.4, 1.0}) {
    const auto found = estimate_elasticity(drawn(drawn_slope, 0, 1));
    EXPECT_NEAR(found.value, drawn_slope, 1e-9);
    EXPECT_NEAR(found.low, found.high, 1e-6);
    EXPECT_DOUBLE_EQ(found.spread, 5);
  }
}

TEST(Elasticity, LiesInItsIntervalAsOftenAsItSays) {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto found = estimate_elasticity(drawn(0.8, 0.1, seed));
    if (found.low <= 0.8 && 0.8 <= found.high) ++covered;
  }
  EXPECT_GE(covered, 366);  // 380 expected; 3.2 standard deviations below
  EXPECT_LE(covered, 394);
}

TEST(Elasticity, NeedsPointsThatDiffer) {
  const std::vector<LoadedTime> few = {{1e9, 1}, {2e9, 1}, {3e9, 1}};
  EXPECT_THROW(estimate_elasticity(few), Error);
  const std::vector<LoadedTime> same(6, LoadedTime{1e9, 1});
  EXPECT_THROW(estimate_elasticity(same), Error);
}

}  // namespace
}  // namespace ridgepoint

#include "results/statistics/ratio_of_medians.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace ridgepoint {
namespace {

using Values = std::vector<double>;

TEST(RatioOfMedians, IsTheRatioOfTheMedians) {
  const Values a = {std::log(10.0), std::log(20.0), std::log(30.0)};
  const Values b = {std::log(22.0), std::log(18.0), std::log(90.0)};
  const MedianRatio ratio = ratio_of_medians(a, b, 0.05);
  EXPECT_NEAR(ratio.value, 1.1, 1e-12);
  EXPECT_FALSE(ratio.interval) << "three values allow none";
}

TEST(RatioOfMedians, CoversTheTruthOfSkewedSamples) {
  std::mt19937_64 random(3);
  std::exponential_distribution<double> law;
  constexpr int kTrials = 2000;
  constexpr double kTruth = 1.5;
  for (const std::size_t count : {std::size_t{12}, std::size_t{40}}) {
    int missed = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      Values a(count);
      Values b(count);
      std::ranges::generate(a, [&] { return std::log(1 + law(random)); });
      std::ranges::generate(b, [&] { return std::log((1 + law(random)) * kTruth); });
      const MedianRatio ratio = ratio_of_medians(a, b, 0.05);
      missed += ratio.interval->low > kTruth || ratio.interval->high < kTruth ? 1 : 0;
    }
    EXPECT_LT(missed / static_cast<double>(kTrials), 0.07) << count;
  }
}

}  // namespace
}  // namespace ridgepoint

#include "results/statistics/clustered_estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace ridgepoint {
namespace {

using Values = std::vector<double>;

TEST(RatioOfSums, IsTheRatioWithTheErrorOfItsLinearisation) {
  const Values numerators = {2, 4, 6, 8};
  const Values denominators = {1, 2, 3, 4};
  const auto exact = ratio_of_sums(numerators, denominators);
  EXPECT_DOUBLE_EQ(exact.value, 2);
  EXPECT_DOUBLE_EQ(exact.standard_error.value(), 0) << "every cluster says the same";

  // By hand: residuals of the mean are -1, 1, -1, 1; variance of their sum 4 * 4 / 3 without
  // neighbours, whose covariance is negative.
  const auto mean = ratio_of_sums(Values{1, 3, 1, 3}, Values{1, 1, 1, 1});
  EXPECT_DOUBLE_EQ(mean.value, 2);
  EXPECT_DOUBLE_EQ(mean.standard_error.value(), std::sqrt(16.0 / 3) / 4);
}

TEST(RatioOfSums, SaysNothingThatItCannotKnow) {
  EXPECT_FALSE(ratio_of_sums(Values{5, 1, 2}, Values{2, 2, 2}).standard_error);
  EXPECT_DOUBLE_EQ(ratio_of_sums(Values{5}, Values{2}).value, 2.5);
  EXPECT_TRUE(std::isnan(ratio_of_sums({}, {}).value));
  EXPECT_TRUE(std::isnan(ratio_of_sums(Values{1}, Values{0}).value));
}

/// Tokens of a made-up text: each window has a level of its own, which goes over into the next.
class MadeUpText {
 public:
  MadeUpText(std::uint64_t seed, double between, double carried) : random_(seed) {
    double level = 0;
    const double fresh = between * std::sqrt(1 - carried * carried);
    for (int window = 0; window < kWindows; ++window) {
      level = window == 0 ? between * normal_(random_) : carried * level + fresh * normal_(random_);
      double sum = 0;
      for (int token = 0; token < kTokens; ++token) {
        tokens.push_back(level + normal_(random_));
        sum += tokens.back();
      }
      sums.push_back(sum);
      sizes.push_back(kTokens);
      counts.push_back(kTokens);
    }
  }
  static constexpr int kWindows = 60, kTokens = 40;
  Values tokens, sums, sizes;
  std::vector<std::int64_t> counts;

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

/// Share of texts whose mean, which is 0, lies within 1.96 errors.
double coverage_of_means(double between, double carried) {
  int covered = 0;
  constexpr int kTexts = 600;
  for (int text = 0; text < kTexts; ++text) {
    const MadeUpText made(static_cast<std::uint64_t>(1000 + text), between, carried);
    const auto mean = ratio_of_sums(made.sums, made.sizes);
    covered += std::abs(mean.value) <= 1.96 * mean.standard_error.value() ? 1 : 0;
  }
  return static_cast<double>(covered) / kTexts;
}

TEST(RatioOfSums, CoversTheTruthThoughTokensOfAWindowHangTogether) {
  EXPECT_GT(coverage_of_means(0, 0), 0.93);
  EXPECT_GT(coverage_of_means(1, 0), 0.92);
  EXPECT_LT(coverage_of_means(1, 0), 0.985);
}

TEST(RatioOfSums, CoversItNearlyWhereNeighbouringWindowsDo) {
  EXPECT_GT(coverage_of_means(1, 0.4), 0.88);
}

TEST(RatioOfSums, WouldBeFarTooSureIfTokensCountedAsIndependent) {
  int covered = 0;
  constexpr int kTexts = 300;
  for (int text = 0; text < kTexts; ++text) {
    const MadeUpText made(static_cast<std::uint64_t>(5000 + text), 1, 0);
    const Values ones(made.tokens.size(), 1);
    const auto mean = ratio_of_sums(made.tokens, ones);
    // Clusters of one token; neighbours within the bandwidth alone are not enough.
    covered += std::abs(mean.value) <= 1.96 * mean.standard_error.value() ? 1 : 0;
  }
  EXPECT_LT(static_cast<double>(covered) / kTexts, 0.85);
}

TEST(ClusteredQuantile, CoversTheTruth) {
  // Level and noise are normal with variance 1 each, so the median is 0 and p99 2.326 sqrt(2).
  for (const auto& [p, truth, least] :
       {std::tuple(0.5, 0.0, 0.92), std::tuple(0.99, 2.3263478740 * std::sqrt(2.0), 0.86)}) {
    int covered = 0;
    constexpr int kTexts = 400;
    for (int text = 0; text < kTexts; ++text) {
      const MadeUpText made(static_cast<std::uint64_t>(9000 + text), 1, 0);
      const auto found = clustered_quantile(made.tokens, made.counts, p);
      covered += std::abs(found.value - truth) <= 1.96 * found.standard_error.value() ? 1 : 0;
    }
    EXPECT_GT(static_cast<double>(covered) / kTexts, least) << p;
  }
}

TEST(ClusteredQuantile, InterpolatesAsTypeSeven) {
  const Values values = {4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(clustered_quantile(values, std::vector<std::int64_t>{4}, 0.5).value, 2.5);
  EXPECT_FALSE(clustered_quantile(values, std::vector<std::int64_t>{4}, 0.5).standard_error);
  EXPECT_DOUBLE_EQ(clustered_quantile(values, std::vector<std::int64_t>{2, 2}, 0.9).value, 3.7);
}

}  // namespace
}  // namespace ridgepoint

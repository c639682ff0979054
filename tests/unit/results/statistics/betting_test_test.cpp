#include "results/statistics/betting_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "tests/support/pair_noise.h"

namespace ridgepoint {
namespace {

constexpr double kBound = 0.02;

double most_evidence(const std::vector<double>& differences, Side side, double bound = kBound,
                     double correlation_up_to = kCorrelationUpTo) {
  DifferenceHistory history;
  BettingTest test(bound, side, correlation_up_to);
  for (const double difference : differences) {
    history.add(difference);
    test.add(history.steps().back());
  }
  return test.most_log_evidence();
}

TEST(BettingTest, HoldsNothingBeforeThereIsAPastToBetBy) {
  EXPECT_EQ(most_evidence({1, 1, 1, 1}, Side::above), 0);
  EXPECT_GT(most_evidence({1, 1, 1, 1, 1}, Side::above), 0);
}

TEST(BettingTest, GainsOnTheSideWhereTheDifferencesAreAndLosesOnTheOther) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0.05, 0.02);
  std::vector<double> differences;
  for (int i = 0; i < 60; ++i) differences.push_back(noise(random));
  EXPECT_GT(most_evidence(differences, Side::above), std::log(100.0));
  EXPECT_LT(most_evidence(differences, Side::below), std::log(3.0));
}

TEST(BettingTest, IsTheSameOnBothSidesWhenAllSignsAreTurned) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> noise(0.03, 0.02);
  std::vector<double> differences, turned;
  for (int i = 0; i < 40; ++i) {
    differences.push_back(noise(random));
    turned.push_back(-differences.back());
  }
  EXPECT_DOUBLE_EQ(most_evidence(differences, Side::above, kBound),
                   most_evidence(turned, Side::below, -kBound));
}

TEST(BettingTest, DecidesOnNumbersWithoutAnyNoise) {
  EXPECT_GT(most_evidence(std::vector<double>(20, 0.05), Side::above), std::log(100.0));
  EXPECT_GT(most_evidence(std::vector<double>(20, 0.0), Side::below), std::log(100.0));
}

TEST(BettingTest, IsNotCarriedAwayByOneOutlier) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise(0.0, 0.02);
  std::vector<double> differences;
  for (int i = 0; i < 30; ++i) differences.push_back(noise(random));
  const double before = most_evidence(differences, Side::above);
  differences.push_back(50);
  // Twice the capital is the most that one pair can bring.
  EXPECT_LT(most_evidence(differences, Side::above), before + std::log(2.0));
}

TEST(BettingTest, RefusesACorrelationThatItCouldNotTellFromADifference) {
  EXPECT_THROW(BettingTest(kBound, Side::above, 0.99), std::invalid_argument);
  EXPECT_THROW(BettingTest(kBound, Side::above, -0.1), std::invalid_argument);
}

/// Capital is what a fair game leaves: at the boundary its mean never exceeds the stake, whatever
/// the noise, and so it reaches 1 / alpha with probability alpha at most.
class AtTheBoundary : public ::testing::TestWithParam<testing::PairNoiseModel> {};

TEST_P(AtTheBoundary, EvidenceOfOneInAHundredIsRarerThanThat) {
  constexpr int kTrials = 400;
  constexpr int kPairs = 120;
  int false_alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::seed_seq seed{11, trial};
    std::mt19937_64 random(seed);
    const auto noise = GetParam().make();
    DifferenceHistory history;
    BettingTest test(kBound, Side::above);
    for (int k = 0; k < kPairs; ++k) {
      history.add(kBound + noise->next(random));
      test.add(history.steps().back());
    }
    if (test.most_log_evidence() >= std::log(100.0)) ++false_alarms;
  }
  // 4 are expected at the very most; 12 or more of 400 would come once in a thousand times at 1 %.
  EXPECT_LT(false_alarms, 12);
}

std::string test_name(const ::testing::TestParamInfo<testing::PairNoiseModel>& info) {
  std::string name(info.param.name);
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Noise, AtTheBoundary,
                         ::testing::ValuesIn(testing::pair_noise_models().begin(),
                                             testing::pair_noise_models().end()),
                         test_name);

TEST(BettingTest, WithoutTheGridIsDeceivedByCorrelationThatTheGridCovers) {
  // The reason for the grid: what the plain method makes of AR(1) with rho 0.7.
  constexpr int kTrials = 200;
  int plain = 0;
  const auto& model = *std::ranges::find(testing::pair_noise_models(), "pairs AR(1) 0.7",
                                         &testing::PairNoiseModel::name);
  for (int trial = 0; trial < kTrials; ++trial) {
    std::seed_seq seed{12, trial};
    std::mt19937_64 random(seed);
    const auto noise = model.make();
    std::vector<double> differences;
    for (int k = 0; k < 120; ++k) differences.push_back(kBound + noise->next(random));
    if (most_evidence(differences, Side::above, kBound, 0) >= std::log(100.0)) ++plain;
  }
  EXPECT_GT(plain, kTrials / 20);
}

}  // namespace
}  // namespace ridgepoint

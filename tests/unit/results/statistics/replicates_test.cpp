#include "results/statistics/replicates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "results/statistics/rank_shift.h"
#include "results/statistics/welch_shift.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using Values = std::vector<double>;
using Counts = std::vector<std::int64_t>;

/// AR(1) around `mean` with standard deviation `deviation`.
Values correlated(std::mt19937_64& random, std::size_t count, double rho, double mean,
                  double deviation) {
  std::normal_distribution<double> normal;
  Values values(count);
  double state = normal(random);
  for (double& value : values) {
    value = mean + deviation * state;
    state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
  }
  return values;
}

TEST(AutocorrelationTime, IsThatOfTheSimulatedProcess) {
  std::mt19937_64 random(5);
  for (const double rho : {0.0, 0.3, 0.6, 0.8}) {
    const double truth = (1 + rho) / (1 - rho);
    double mean = 0;
    for (int trial = 0; trial < 50; ++trial) {
      mean += autocorrelation_time(correlated(random, 1000, rho, 0, 1)) / 50;
    }
    EXPECT_GT(mean, 0.9 * truth) << rho;
    EXPECT_LT(mean, 1.35 * truth) << rho;
  }
}

TEST(AutocorrelationTime, OfNothingToCorrelateIsOne) {
  EXPECT_EQ(autocorrelation_time({}), 1);
  EXPECT_EQ(autocorrelation_time(Values{1, 2}), 1);
  EXPECT_EQ(autocorrelation_time(Values(50, 7.0)), 1);
}

TEST(AutocorrelationTime, SeesATrendAsOneLongMemory) {
  Values trend(200);
  for (std::size_t i = 0; i < trend.size(); ++i) trend[i] = static_cast<double>(i);
  EXPECT_GT(autocorrelation_time(trend), 30);
}

TEST(Replicates, AreProcessesWhereBothSidesHaveThree) {
  const Values a = {1, 2, 3, 10, 20, 30, 5, 5, 5};
  const Counts counts = {3, 3, 3};
  const ReplicatePair pair = replicates({a, counts}, {a, counts});
  EXPECT_EQ(pair.unit, Replication::processes);
  EXPECT_THAT(pair.a.values, ElementsAre(2, 20, 5));
  EXPECT_EQ(pair.a.processes, 3U);
}

TEST(Replicates, AreNothingWhereOneProcessTookAFew) {
  const Values five = {1, 2, 3, 4, 5};
  EXPECT_EQ(replicates({five, {}}, {five, {}}).unit, Replication::none);
  EXPECT_EQ(replicates({{}, {}}, {five, {}}).unit, Replication::none);
}

TEST(Replicates, NeverSpanTwoProcesses) {
  std::mt19937_64 random(2);
  Values values = correlated(random, 100, 0, 0, 1);
  const Values other = correlated(random, 100, 0, 1000, 1);
  values.insert(values.end(), other.begin(), other.end());
  const Counts counts = {100, 100};
  const ReplicatePair pair = replicates({values, counts}, {values, counts});
  EXPECT_EQ(pair.unit, Replication::blocks);
  EXPECT_EQ(pair.a.processes, 2U);
  for (const double value : pair.a.values) {
    EXPECT_TRUE(std::abs(value) < 10 || std::abs(value - 1000) < 10) << value;
  }
}

TEST(Replicates, AreFewEnoughToBeComparedQuickly) {
  std::mt19937_64 random(2);
  const Values many = correlated(random, 200'000, 0, 0, 1);
  const ReplicatePair pair = replicates({many, {}}, {many, {}});
  EXPECT_EQ(pair.unit, Replication::blocks);
  EXPECT_LE(pair.a.values.size(), kMostBlocks);
  EXPECT_GT(pair.a.values.size(), kMostBlocks / 2);
}

TEST(Replicates, IgnoreCountsThatDoNotAddUp) {
  const Values values(30, 1.0);
  const Counts wrong = {10, 10, 20};
  const ReplicatePair pair = replicates({values, wrong}, {values, wrong});
  EXPECT_EQ(pair.unit, Replication::blocks);
  EXPECT_EQ(pair.a.processes, 1U);
}

/// Of 1,000 pairs whose truth lies exactly on the margin: how many are called beyond it at 1 %.
double false_alarms_of_blocks(std::size_t count, double rho) {
  std::mt19937_64 random(99);
  constexpr int kTrials = 1000;
  int alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Values a = correlated(random, count, rho, 0, 0.01);
    const Values b = correlated(random, count, rho, 0.02, 0.01);
    const ReplicatePair pair = replicates({a, {}}, {b, {}});
    if (pair.unit == Replication::none) continue;
    alarms += rank_shift(pair.a.values, pair.b.values, 0.01, 0.02).p_above <= 0.01 ? 1 : 0;
  }
  return alarms / static_cast<double>(kTrials);
}

TEST(Replicates, BlocksKeepFalseAlarmsDownUnderSerialCorrelation) {
  // 1 % asked at the very boundary, 2.5 % let pass: three standard errors above the 1.5 % that
  // short series reach. Counting every value as evidence gives 10 % and more.
  for (const double rho : {0.0, 0.3, 0.5, 0.7, 0.9}) {
    EXPECT_LT(false_alarms_of_blocks(30, rho), 0.025) << rho;
    EXPECT_LT(false_alarms_of_blocks(300, rho), 0.025) << rho;
  }
}

TEST(Replicates, ProcessesKeepFalseAlarmsDownWhereEachProcessHasItsOwnLevel) {
  // The same program, whose processes differ by 2 % among themselves and by 0.1 % within.
  std::mt19937_64 random(4);
  std::normal_distribution<double> level(0, 0.02);
  constexpr int kTrials = 2000;
  const Counts counts(5, 20);
  int by_process = 0;
  int by_value = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Values sides[2];
    for (Values& side : sides) {
      for (std::size_t process = 0; process < counts.size(); ++process) {
        const Values some = correlated(random, 20, 0, level(random), 0.001);
        side.insert(side.end(), some.begin(), some.end());
      }
    }
    const ReplicatePair pair = replicates({sides[0], counts}, {sides[1], counts});
    by_process += welch_shift(pair.a.values, pair.b.values, 0.01, 0).p_above <= 0.01 ? 1 : 0;
    by_value += rank_shift(sides[0], sides[1], 0.01, 0).p_above <= 0.01 ? 1 : 0;
  }
  EXPECT_LT(by_process, 0.02 * kTrials);
  EXPECT_GT(by_value, 0.2 * kTrials) << "which is why the process is the unit";
}

}  // namespace
}  // namespace ridgepoint

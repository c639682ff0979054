#include "results/statistics/batches.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace ridgepoint {
namespace {

using Samples = std::vector<std::int64_t>;

TEST(Batches, AreTheSamplesThemselvesWhileThereAreFew) {
  const auto batches = batches_of(Samples{5, 3, 8}, Samples{2, 1});
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[1].median, 3);
  EXPECT_EQ(batches[1].process, 0U);
  EXPECT_EQ(batches[2].process, 1U);
}

TEST(Batches, CoverEverySampleOnceAndNoTwoProcesses) {
  Samples samples(100'003);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int64_t>(i);
  const Samples counts = {99'000, 0, 3, 1000};
  const auto batches = batches_of(samples, counts);
  EXPECT_LE(batches.size(), kMostBatches + counts.size());
  std::int64_t next = 0;
  Samples seen(counts.size());
  for (const auto& batch : batches) {
    EXPECT_EQ(batch.first, next);
    EXPECT_GT(batch.count, 0);
    next += batch.count;
    seen[batch.process] += batch.count;
    EXPECT_DOUBLE_EQ(batch.median,
                     static_cast<double>(batch.first) + static_cast<double>(batch.count - 1) / 2);
  }
  EXPECT_EQ(next, 100'003);
  EXPECT_EQ(seen, counts);
}

TEST(Batches, OfNothingAreNone) {
  EXPECT_TRUE(batches_of(Samples{}, Samples{}).empty());
  EXPECT_TRUE(batches_of(Samples{}, Samples{0, 0}).empty());
}

TEST(Batches, RefuseCountsThatAreNotThoseOfTheSamples) {
  EXPECT_THROW(batches_of(Samples{1, 2}, Samples{1}), std::invalid_argument);
  EXPECT_THROW(batches_of(Samples{1, 2}, Samples{3, -1}), std::invalid_argument);
}

TEST(NeighbourAutocorrelation, FindsTheTruthOnAverageEvenInShortSeries) {
  constexpr std::uint64_t kSeed = 1954;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  std::normal_distribution<> normal;
  for (const double truth : {0.0, 0.5, 0.8}) {
    double sum = 0;
    constexpr int kTrials = 2000, kLength = 60;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> values;
      double state = normal(random);
      for (int i = 0; i < kLength; ++i) {
        state = truth * state + std::sqrt(1 - truth * truth) * normal(random);
        values.push_back(state);
      }
      sum += neighbour_autocorrelation(values, std::vector<std::size_t>(values.size(), 0));
    }
    EXPECT_NEAR(sum / kTrials, truth, 0.02) << truth;
  }
}

TEST(NeighbourAutocorrelation, KnowsNoNeighboursAcrossGroups) {
  const std::vector<double> values = {1, 2, 1, 2, 101, 102, 101, 102};
  const std::vector<std::size_t> groups = {0, 0, 0, 0, 1, 1, 1, 1};
  EXPECT_LT(neighbour_autocorrelation(values, groups), 0);
  EXPECT_GT(neighbour_autocorrelation(values, std::vector<std::size_t>(8, 0)), 0.5);
  EXPECT_EQ(
      neighbour_autocorrelation(std::vector<double>{3, 3, 3, 3, 3}, std::vector<std::size_t>(5, 0)),
      0);
}

}  // namespace
}  // namespace ridgepoint

// Series whose truth is known: noise alone, steps, drifts.
#include "results/statistics/change_points.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <stdexcept>
#include <vector>

namespace ridgepoint {
namespace {

using StepNoise = std::function<double(std::mt19937_64&)>;

double normal(std::mt19937_64& random) {
  return std::normal_distribution<double>()(random);
}

/// exp(level_i + 1 % of noise).
std::vector<double> series(const std::vector<double>& log_levels, std::uint64_t seed,
                           const StepNoise& noise = normal) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  for (const double level : log_levels) values.push_back(std::exp(level + 0.01 * noise(random)));
  return values;
}

/// `size` values; each step is a position and a log height.
std::vector<double> steps(std::size_t size,
                          const std::vector<std::pair<std::size_t, double>>& step_list) {
  std::vector<double> levels(size);
  for (const auto& [first, height] : step_list) {
    for (std::size_t i = first; i < size; ++i) levels[i] += height;
  }
  return levels;
}

bool is_near(std::size_t found, std::size_t truth) {
  return found + 2 >= truth && found <= truth + 2;
}

/// Trials of noise alone in which anything is found, of 300.
int false_alarms(double alpha, const StepNoise& noise) {
  int alarms = 0;
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    const auto values = series(steps(24, {}), 1000 + trial, noise);
    const auto result = find_change_points(
        values, {.alpha = alpha, .effect = 0, .permutations = 199, .seed = trial});
    alarms += result.found.empty() ? 0 : 1;
  }
  return alarms;
}

class NoiseAlone : public ::testing::TestWithParam<std::pair<const char*, StepNoise>> {};

TEST_P(NoiseAlone, IsTakenForAChangeNoOftenerThanAlpha) {
  // Three standard errors above the 15 and 3 trials that alpha allows for.
  EXPECT_LE(false_alarms(0.05, GetParam().second), 26);
  EXPECT_LE(false_alarms(0.01, GetParam().second), 8);
}

INSTANTIATE_TEST_SUITE_P(
    ChangePoints, NoiseAlone,
    ::testing::Values(
        std::pair<const char*, StepNoise>("Normal", normal),
        std::pair<const char*, StepNoise>("HeavyTailed",
                                          [](auto& random) {
                                            return std::student_t_distribution<double>(1.5)(random);
                                          }),
        std::pair<const char*, StepNoise>(
            "Skewed", [](auto& random) { return std::exp(1.2 * normal(random)); }),
        std::pair<const char*, StepNoise>(
            "OnACoarseGrid", [](auto& random) { return std::round(0.7 * normal(random)); })),
    [](const auto& parameter) { return std::string(parameter.param.first); });

TEST(ChangePoints, FindsAStepOfThreeSigmaWhereItIs) {
  int near = 0;
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    const auto found = find_change_points(series(steps(40, {{20, 0.03}}), trial), {}).found;
    near += found.size() == 1 && is_near(found[0].first, 20) ? 1 : 0;
  }
  EXPECT_GE(near, 95);
}

TEST(ChangePoints, FindsAStepAmongOutliers) {
  const StepNoise spiky = [](auto& random) {
    return normal(random) + (random() % 10 == 0 ? 20.0 : 0.0);
  };
  int near = 0;
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const auto found = find_change_points(series(steps(60, {{30, 0.05}}), trial, spiky), {}).found;
    near += std::ranges::any_of(found, [](const auto& at) { return is_near(at.first, 30); });
  }
  EXPECT_GE(near, 45);
}

TEST(ChangePoints, FindsTwoStepsAndSaysHowLargeTheyAre) {
  int both = 0;
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const auto values = series(steps(60, {{20, 0.05}, {40, -0.08}}), trial);
    const auto found = find_change_points(values, {}).found;
    if (found.size() != 2 || !is_near(found[0].first, 20) || !is_near(found[1].first, 40)) continue;
    ++both;
    EXPECT_NEAR(std::log(found[0].ratio()), 0.05, 0.015);
    EXPECT_NEAR(std::log(found[1].ratio()), -0.08, 0.015);
    EXPECT_DOUBLE_EQ(found[0].median_after, found[1].median_before);
    EXPECT_LE(found[0].p, 0.01);
  }
  EXPECT_GE(both, 47);
}

TEST(ChangePoints, FindsAStepInAQuietPartBesideANoisyOne) {
  const auto quiet = series(steps(30, {{15, 0.05}}), 1);
  auto values = quiet;
  for (const double value :
       series(steps(30, {}), 2, [](auto& r) { return 40 * normal(r) + 200; })) {
    values.push_back(value);
  }
  const auto found = find_change_points(values, {}).found;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(is_near(found[0].first, 15));
  EXPECT_TRUE(is_near(found[1].first, 30));
}

TEST(ChangePoints, LeavesOutWhatIsCertainButSmall) {
  const auto values = series(steps(200, {{100, 0.01}}), 3);
  const auto result = find_change_points(values, {});
  EXPECT_TRUE(result.found.empty());
  EXPECT_EQ(result.below_effect, 1U);
  EXPECT_EQ(find_change_points(values, {.effect = 0.005}).found.size(), 1U);
}

TEST(ChangePoints, ShowsADriftAsAStaircaseOfOneDirection) {
  std::vector<double> levels;
  for (int i = 0; i < 100; ++i) levels.push_back(0.001 * i);
  const auto found = find_change_points(series(levels, 4), {}).found;
  EXPECT_GE(found.size(), 2U);
  EXPECT_LE(found.size(), 5U);
  for (const auto& point : found) EXPECT_GT(point.ratio(), 1.02);
}

TEST(ChangePoints, FewValuesSayNothing) {
  EXPECT_EQ(fewest_values(0.01), 10U);
  EXPECT_EQ(fewest_values(0.05), 8U);
  EXPECT_EQ(fewest_values(0.001), 14U);
  EXPECT_EQ(find_change_points(series(steps(12, {{6, 1}}), 5), {}).found.size(), 1U);
  EXPECT_TRUE(find_change_points(series(steps(9, {{5, 1}}), 5), {}).found.empty());
  EXPECT_TRUE(find_change_points({}, {}).found.empty());
}

TEST(ChangePoints, ThreeValuesMakeALevelAndTwoDoNot) {
  const auto three = find_change_points(series(steps(40, {{37, 0.2}}), 6), {}).found;
  ASSERT_EQ(three.size(), 1U);
  EXPECT_EQ(three[0].first, 37U);
  for (const auto& point : find_change_points(series(steps(40, {{38, 0.2}}), 6), {}).found) {
    EXPECT_LE(point.first, 37U);
  }
}

TEST(ChangePoints, ALevelOfTwoIsNotMadeThreeByAValueOfTheOldOne) {
  auto values = std::vector<double>(28, 1.0);
  std::mt19937_64 random(3);
  for (double& value : values) value += 0.004 * static_cast<double>(random() % 100) / 100;
  values.push_back(1.3);
  values.push_back(1.302);
  EXPECT_TRUE(find_change_points(values, {}).found.empty()) << "not yet";
  values.push_back(1.301);
  const auto found = find_change_points(values, {}).found;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].first, 28u);
}

TEST(ChangePoints, EqualValuesHaveNone) {
  const std::vector<double> constant(50, 3.5);
  EXPECT_TRUE(find_change_points(constant, {}).found.empty());
  auto step = constant;
  std::fill(step.begin() + 25, step.end(), 4.0);
  const auto found = find_change_points(step, {}).found;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, 25U);
  EXPECT_DOUBLE_EQ(found[0].ratio(), 4.0 / 3.5);
}

TEST(ChangePoints, SameSeedSameAnswer) {
  const auto values = series(steps(60, {{30, 0.012}}), 7);
  const auto once = find_change_points(values, {.effect = 0, .seed = 11});
  const auto again = find_change_points(values, {.effect = 0, .seed = 11});
  ASSERT_EQ(once.found.size(), again.found.size());
  for (std::size_t i = 0; i < once.found.size(); ++i) {
    EXPECT_EQ(once.found[i].first, again.found[i].first);
    EXPECT_EQ(once.found[i].p, again.found[i].p);
  }
}

TEST(ChangePoints, TellWhenNeighboursAreAlike) {
  double last = 0;
  const StepNoise correlated = [&](auto& random) {
    last = 0.7 * last + normal(random);
    return last;
  };
  EXPECT_GT(
      find_change_points(series(steps(200, {}), 8, correlated), {.effect = 0.5}).autocorrelation,
      0.4);
  EXPECT_NEAR(find_change_points(series(steps(200, {}), 8), {}).autocorrelation, 0, 0.2);
}

TEST(ChangePoints, RefuseWhatHasNoRatio) {
  const std::vector<double> with_zero{1, 2, 0};
  EXPECT_THROW(find_change_points(with_zero, {}), std::invalid_argument);
  const std::vector<double> fine{1, 2, 3};
  EXPECT_THROW(find_change_points(fine, {.alpha = 0}), std::invalid_argument);
  EXPECT_THROW(find_change_points(fine, {.alpha = 0.9}), std::invalid_argument);
  EXPECT_THROW(find_change_points(fine, {.effect = -1}), std::invalid_argument);
}

}  // namespace
}  // namespace ridgepoint

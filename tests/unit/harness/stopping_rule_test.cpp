#include "harness/run/stopping_rule.h"

#include <gtest/gtest.h>

#include <string>

namespace ridgepoint {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

RunOptions asked(std::int64_t processes, double budget_seconds, std::int64_t most = 10) {
  RunOptions options;
  options.processes = processes;
  options.most_processes = most;
  options.case_budget_seconds = budget_seconds;
  options.precision_percent = 1;
  return options;
}

/// Processes until the rule says stop; each costs the same and brings the same half-width.
struct Course {
  std::int64_t processes = 0;
  std::string ended_by;
};
Course course_of(const RunOptions& options, const ProcessCost& cost,
                 std::optional<double> half_width) {
  StoppingRule rule(options);
  Course course;
  while (rule.next()) {
    ++course.processes;
    rule.add(cost, half_width);
  }
  course.ended_by = rule.ended_by();
  return course;
}

TEST(StoppingRule, EndsAtThePrecisionButNotBeforeTheThirdProcess) {
  const ProcessCost cost{kSecondNs, kSecondNs / 10, false};
  auto course = course_of(asked(3, 100), cost, 0.005);
  EXPECT_EQ(course.processes, 3);
  EXPECT_EQ(course.ended_by, "precision");
  course = course_of(asked(2, 100), cost, 0.005);
  EXPECT_EQ(course.processes, 3) << "two are never called precise";
  course = course_of(asked(5, 100), cost, 0.005);
  EXPECT_EQ(course.processes, 5);
}

TEST(StoppingRule, EndsWhenAnotherProcessDoesNotFitTheBudget) {
  const auto course = course_of(asked(3, 9.9), {2 * kSecondNs, 2 * kSecondNs, false}, 0.05);
  EXPECT_EQ(course.processes, 4);
  EXPECT_EQ(course.ended_by, "budget");
}

TEST(StoppingRule, EndsAtTheMostProcesses) {
  const auto course = course_of(asked(3, 1000, 7), {kSecondNs, kSecondNs, false}, 0.05);
  EXPECT_EQ(course.processes, 7);
  EXPECT_EQ(course.ended_by, "processes");
  EXPECT_EQ(course_of(asked(9, 1000, 7), {kSecondNs, kSecondNs, false}, 0.05).processes, 9)
      << "the least goes before the most";
}

TEST(StoppingRule, EndsAfterOneProcessThatIsAlone) {
  const auto course = course_of(asked(3, 20), {15 * kSecondNs, 10 * kSecondNs, true}, std::nullopt);
  EXPECT_EQ(course.processes, 1);
  EXPECT_EQ(course.ended_by, "alone");
}

TEST(StoppingRule, OfOneProcessGivesItTheBudgetAsItEverDid) {
  StoppingRule rule(asked(1, 20));
  EXPECT_EQ(rule.next(), (ProcessPlan{0, 1, 0}));
  rule.add({kSecondNs, kSecondNs, false}, std::nullopt);
  EXPECT_FALSE(rule.next());
  EXPECT_EQ(rule.ended_by(), "one process");
}

TEST(StoppingRule, SharesTheBudgetAndNeverGivesMoreThanIsLeft) {
  StoppingRule rule(asked(3, 9), 5);
  EXPECT_EQ(rule.next(), (ProcessPlan{5, 3, 3 * kSecondNs}));
  rule.add({8 * kSecondNs, kSecondNs / 2, false}, std::nullopt);
  EXPECT_EQ(rule.next(), (ProcessPlan{6, 3, kSecondNs}));
}

TEST(MeasuringWindow, CountsLoadingAndWarmingUpInAShare) {
  // Began at 100 s, loaded for 1 s, warmed up for 2 s in 4 passes.
  const ProcessPlan plan{.index = 1, .processes = 3, .share_ns = 10 * kSecondNs};
  const auto window =
      measuring_window(plan, 30 * kSecondNs, 100 * kSecondNs, 101 * kSecondNs, 103 * kSecondNs, 4);
  EXPECT_EQ(window.end_ns, 110 * kSecondNs);
  EXPECT_EQ(window.least_ns, 2 * kSecondNs);
  EXPECT_FALSE(window.alone);
}

TEST(MeasuringWindow, GivesTheWholeBudgetToACaseOfWhichThreeDoNotFit) {
  const ProcessPlan plan{.index = 0, .processes = 3, .share_ns = 20 * kSecondNs / 3};
  const auto window =
      measuring_window(plan, 20 * kSecondNs, 100 * kSecondNs, 110 * kSecondNs, 115 * kSecondNs, 1);
  EXPECT_TRUE(window.alone);
  EXPECT_EQ(window.end_ns, 130 * kSecondNs) << "three quarters of the budget, loading not counted";
}

TEST(MeasuringWindow, OfASingleProcessDoesNotCountLoading) {
  const auto window =
      measuring_window({}, 20 * kSecondNs, 100 * kSecondNs, 150 * kSecondNs, 153 * kSecondNs, 3);
  EXPECT_EQ(window.end_ns, 168 * kSecondNs);
  EXPECT_FALSE(window.alone);
  EXPECT_EQ(warm_up_budget_ns({}, 20 * kSecondNs, 50 * kSecondNs), 5 * kSecondNs);
}

TEST(WarmUpBudget, IsAQuarterOfWhatIsLeftOfTheShare) {
  const ProcessPlan plan{.index = 1, .processes = 3, .share_ns = 10 * kSecondNs};
  EXPECT_EQ(warm_up_budget_ns(plan, 30 * kSecondNs, 2 * kSecondNs), 2 * kSecondNs);
  EXPECT_EQ(warm_up_budget_ns(plan, 30 * kSecondNs, 12 * kSecondNs), 0);
}

}  // namespace
}  // namespace ridgepoint

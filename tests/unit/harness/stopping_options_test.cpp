#include "harness/run/stopping_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// The options as settled when those of these names were given.
RunOptions settled(RunOptions options, const std::set<std::string, std::less<>>& given) {
  settle_stopping_options(options, [&](std::string_view name) { return given.contains(name); });
  return options;
}

RunOptions of_processes(std::int64_t least, std::int64_t most) {
  RunOptions options;
  options.processes = least;
  options.most_processes = most;
  return options;
}

TEST(StoppingOptions, RefuseMoreAtTheLeastThanAtTheMost) {
  EXPECT_THAT(error_of([] {
                settled(of_processes(8, 4), {"processes", "most_processes"});
              }),
              AllOf(HasSubstr("--processes 8 and --most-processes 4"), HasSubstr("raise")));
  EXPECT_EQ(settled(of_processes(4, 4), {"processes", "most_processes"}), of_processes(4, 4));
}

TEST(StoppingOptions, LetTheOneThatWasNotGivenFollow) {
  EXPECT_EQ(settled(of_processes(20, 10), {"processes"}), of_processes(20, 20));
  EXPECT_EQ(settled(of_processes(3, 2), {"most_processes"}), of_processes(2, 2));
  EXPECT_EQ(settled(RunOptions(), {}), RunOptions());
}

TEST(StoppingOptions, RefuseAPrecisionThatSoFewProcessesNeverReach) {
  EXPECT_THAT(error_of([] {
                settled(of_processes(1, 10), {"processes", "precision_percent"});
              }),
              HasSubstr("--precision-percent 1 and --processes 1"));
  EXPECT_THAT(error_of([] {
                settled(of_processes(3, 2), {"most_processes", "precision_percent"});
              }),
              HasSubstr("--most-processes 2"));
  EXPECT_EQ(settled(of_processes(1, 10), {"processes"}), of_processes(1, 10));
  EXPECT_EQ(settled(of_processes(2, 10), {"processes", "precision_percent"}), of_processes(2, 10))
      << "the third may still come";
}

TEST(StoppingOptions, RefuseABudgetBeyondTheTimeLimit) {
  RunOptions options;
  options.case_budget_seconds = 30;
  options.time_limit_seconds = 10;
  EXPECT_THAT(error_of([&] {
                settled(options, {"case_budget_seconds", "time_limit_seconds"});
              }),
              AllOf(HasSubstr("--case-budget-seconds 30"), HasSubstr("--time-limit-seconds 10")));
  EXPECT_EQ(settled(options, {"time_limit_seconds"}), options) << "a limit alone is a limit";
}

}  // namespace
}  // namespace ridgepoint

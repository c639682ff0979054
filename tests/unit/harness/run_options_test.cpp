#include "harness/run/run_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(RunOptions, SurviveTheWayThroughJson) {
  RunOptions options;
  options.repetitions = 7;
  options.case_budget_seconds = 0.25;
  options.time_limit_seconds = 90;
  options.memory_limit_bytes = 1'000'000'000'000;
  options.check = false;
  options.op_times = false;
  options.benchmark_flags = {"--benchmark_min_time=2"};
  EXPECT_EQ(run_options_from_json(to_json(options)), options);
  EXPECT_EQ(run_options_from_json(to_json(RunOptions{})), RunOptions{});
}

TEST(RunOptions, JsonIsCanonical) {
  EXPECT_EQ(
      to_json(RunOptions{}),
      R"({"benchmark_flags":[],"case_budget_seconds":20.0,"check":true,)"
      R"("memory_limit_bytes":0,"most_processes":10,"most_spans":1048576,"op_times":true,"precision_percent":1.0,)"
      R"("processes":3,"remeasure_noisy":true,"repetitions":5,"stationarity":true,)"
      R"("stationarity_floor_percent":10.0,"time_limit_seconds":600.0})");
}

TEST(RunOptions, RefuseJsonThatIsNotTheirs) {
  EXPECT_THAT(error_of([] { run_options_from_json("{"); }), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_of([] { run_options_from_json("[]"); }), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_of([] { run_options_from_json(R"({"repetition":3})"); }),
              HasSubstr("unknown key \"repetition\""));
  EXPECT_THAT(error_of([] { run_options_from_json(R"({"check":"yes"})"); }),
              HasSubstr("check is of another type (string)"));
  EXPECT_THAT(error_of([] { run_options_from_json(R"({"repetitions":0})"); }),
              HasSubstr("repetitions: 0 is out of range"));
}

TEST(RunOptions, RefuseFiguresOutOfRange) {
  RunOptions options;
  options.time_limit_seconds = 0;
  EXPECT_THAT(error_of([&] { validate(options); }), HasSubstr("time_limit_seconds"));
  options = {};
  options.case_budget_seconds = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(error_of([&] { validate(options); }), HasSubstr("case_budget_seconds"));
  options = {};
  options.memory_limit_bytes = -1;
  EXPECT_THAT(error_of([&] { validate(options); }), HasSubstr("memory_limit_bytes"));
}

TEST(RunOptions, AreSetFromText) {
  RunOptions options;
  set_from_text(options, "processes", "7", "suite x");
  set_from_text(options, "precision_percent", "0.5", "suite x");
  set_from_text(options, "stationarity", "off", "suite x");
  EXPECT_EQ(options.processes, 7);
  EXPECT_EQ(options.precision_percent, 0.5);
  EXPECT_FALSE(options.stationarity);
  const auto refused = [&](std::string_view name, std::string_view text) {
    return error_of([&] { set_from_text(options, name, text, "suite x"); });
  };
  EXPECT_THAT(refused("proceses", "7"), HasSubstr("suite x: no option 'proceses'; known: "));
  EXPECT_THAT(refused("processes", "2.5"), HasSubstr("processes: '2.5'"));
  EXPECT_THAT(refused("check", "maybe"), HasSubstr("check: 'maybe'"));
}

TEST(RunOptions, KnowGoogleBenchmarksFlags) {
  RunOptions options;
  options.benchmark_flags = {"--benchmark_min_time=0.1", "--benchmark_repetitions=3"};
  EXPECT_NO_THROW(validate(options));
  for (const auto* flag : {"--benchmark_filter=x", "--benchmark_min_tim=1", "--help", "fast"}) {
    options.benchmark_flags = {flag};
    EXPECT_THAT(error_of([&] { validate(options); }), HasSubstr(flag));
  }
  options.benchmark_flags = {"--benchmark_min_time"};
  EXPECT_THAT(error_of([&] { validate(options); }), HasSubstr("lacks a value"));
}

}  // namespace
}  // namespace ridgepoint

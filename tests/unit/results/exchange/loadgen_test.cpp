#include "results/exchange/loadgen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(LoadgenImport, NamesFiguresOfBothLogsAlike) {
  const auto detail = imported("loadgen-server-tokens/mlperf_log_detail.txt").records[0];
  const auto summary = imported("loadgen-server-tokens/mlperf_log_summary.txt").records[0];
  EXPECT_EQ(detail.subject.name, summary.subject.name);
  for (const char* name :
       {"mean_latency_ns", "99.90_percentile_latency_ns", "first_token_min_latency_ns",
        "first_token_90.00_percentile_latency_ns", "time_to_output_token_mean",
        "time_per_output_token_50.00_percentile_ns"}) {
    const std::string metric = std::string("mlperf:") + name;
    ASSERT_TRUE(detail.measurement.metrics.contains(metric)) << metric;
    EXPECT_EQ(detail.measurement.metrics.at(metric), summary.measurement.metrics.at(metric))
        << metric;
  }
  // The summary rounds this one.
  EXPECT_NEAR(detail.measurement.metrics.at("mlperf:completed_samples_per_sec"),
              summary.measurement.metrics.at("mlperf:completed_samples_per_sec"), 0.01);
}

TEST(LoadgenImport, TakesLatenciesFromTheTrace) {
  const Record record = imported("loadgen-server-tokens").records[0];
  const auto& latencies = record.measurement.find("mlperf:latency")->samples;
  ASSERT_EQ(latencies.size(), 12U);
  EXPECT_EQ(static_cast<double>(*std::ranges::max_element(latencies)),
            record.measurement.metrics.at("mlperf:max_latency_ns"));
  const auto& first = record.measurement.find("mlperf:first_token_latency")->samples;
  EXPECT_EQ(static_cast<double>(*std::ranges::min_element(first)),
            record.measurement.metrics.at("mlperf:first_token_min_latency_ns"));
  EXPECT_EQ(record.measurement.find("mlperf:issue_delay")->samples.size(), 12U);
}

TEST(LoadgenImport, MistrustsWhatLoadgenCallsInvalid) {
  const Record invalid = imported("loadgen-server-tokens").records[0];
  EXPECT_EQ(invalid.outcome, Outcome::mistrusted);
  EXPECT_THAT(invalid.reason, AllOf(HasSubstr("INVALID"), HasSubstr("early_stopping_met")));
  const Record valid = imported("loadgen-single-stream").records[0];
  EXPECT_EQ(valid.outcome, Outcome::ok);
  EXPECT_EQ(valid.subject.name, "loadgen PySUT SingleStream PerformanceOnly");
  EXPECT_GT(valid.measurement.metrics.at("mlperf:90.0th_percentile_latency_ns"), 0);
  EXPECT_GT(valid.measurement.metrics.at("mlperf:qps_with_loadgen_overhead"), 0);
}

TEST(LoadgenImport, CallsALogWithoutAResultFailed) {
  const Record record = imported_text(
                            ":::MLLOG {\"key\": \"requested_scenario\", \"value\": \"Offline\"}\n"
                            ":::MLLOG {\"key\": not JSON at all\n")
                            .records[0];
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_THAT(record.reason, HasSubstr("stopped"));
}

TEST(LoadgenImport, RefusesALogThatNamesNoScenario) {
  EXPECT_THAT(error_of([] { imported_text("MLPerf Results Summary\nhello\n"); }),
              AllOf(HasSubstr("scenario"), HasSubstr("mlperf_log_detail.txt")));
}

}  // namespace
}  // namespace ridgepoint

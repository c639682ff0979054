#include "results/report/case_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// An operator that ran at 1 ms, then at 3 ms, with a stolen batch and a slow clock.
Record two_levels(const StoredRun& run) {
  Record record = example_record(run, 3, operator_case());
  record.outcome = Outcome::mistrusted;
  record.reason = "two levels: 1.00 ms and 3.00 ms";
  Series series{"run", "ns", {}, {20, 20}};
  for (int i = 0; i < 40; ++i) series.samples.push_back(i < 30 ? 1'000'000 + i : 3'000'000 + i);
  const auto counts = [](std::string name, std::string unit, std::vector<std::int64_t> values) {
    return Series{std::move(name), std::move(unit), std::move(values), {}};
  };
  record.measurement.series = {
      std::move(series),
      counts("batch.samples", "1", {10, 10, 10, 10}),
      counts("batch.duration_ns", "ns", {10'000'000, 10'000'000, 10'000'000, 30'000'000}),
      counts("batch.steal_ns", "ns", {0, 0, 5'000'000, 0}),
      counts("batch.involuntary_switches", "1", {0, 1, 9, 0}),
      counts("batch.major_faults", "1", {0, 0, 0, 0}),
      counts("batch.clock_khz", "kHz", {3'000'000, 3'000'000, 3'000'000, 1'000'000}),
      counts("batch.throttles", "1", {0, 0, 0, 2})};
  record.measurement.metrics = {{"run_ns", 1'000'015},
                                {"precision_percent", 12.5},
                                {"memory_weights_bytes", 1e6},
                                {"peak_rss_bytes", 5e7}};
  record.details = R"({
    "backend": {"name": "reference", "version": "1"},
    "stopping": {"series": "run", "asked_percent": 1, "reached_percent": 12.5, "median_ns": 1000015,
      "interval_ns": [900000, 1100000], "between_percent": 12.5, "within_percent": 2,
      "processes": 2, "samples": 40, "ended_by": "budget"},
    "stationarity": {"judged": true, "found": "levels", "p_value": 0.001, "levels": [
      {"median_ns": 1000015, "samples": 30, "stays": 1, "ranges": [[0, 29]]},
      {"median_ns": 3000035, "samples": 10, "stays": 1, "ranges": [[30, 39]]}]},
    "contamination": {"criterion": "this and that"},
    "absent_counters": {"batch.minor_faults": "no such file"},
    "processes": [
      {"duration_ns": 50000000, "warm_up": {"elapsed_ns": 2000000, "passes": 4, "ended_by": "steady"},
       "stopping": {"ended_by": "budget"}},
      {"duration_ns": 60000000, "stopping": {"ended_by": "budget"}, "exit": "SIGSEGV"}],
    "check": {"compared": true, "what": "output", "against": "reference", "error": 1e-7}})";
  return record;
}

TEST(CaseReport, NamesBothLevelsWithTheirSharesAndTimes) {
  const StoredRun run = example_run();
  const std::string text = case_report(run, two_levels(run));
  EXPECT_THAT(text, HasSubstr("mistrusted: two levels"));
  EXPECT_THAT(text, HasSubstr("1.00 ms: 30 samples, 75 %, 30.0 ms in all"));
  EXPECT_THAT(text, HasSubstr("3.00 ms: 10 samples, 25 %, 30.0 ms in all"));
  EXPECT_THAT(text, HasSubstr("samples 30 to 39 (30.0 ms to 60.0 ms)"));
  EXPECT_THAT(text, AllOf(HasSubstr("▁"), HasSubstr("█"), HasSubstr("^ a fresh process")));
}

TEST(CaseReport, SaysWhatWasAskedWhatWasReachedAndWhyItStopped) {
  const StoredRun run = example_run();
  const std::string text = case_report(run, two_levels(run));
  EXPECT_THAT(text, HasSubstr("asked: ±1 % of the median of run"));
  EXPECT_THAT(text, HasSubstr("reached: ±12.5 %, 1.00 ms (900 us to 1.10 ms)"));
  EXPECT_THAT(text, HasSubstr("stopped by: budget after 2 processes, 40 samples"));
}

TEST(CaseReport, KeepsALedgerOfWhatDisturbedWhichBatch) {
  const StoredRun run = example_run();
  const std::string text = case_report(run, two_levels(run));
  EXPECT_THAT(text, HasSubstr("2 of 4 batches contaminated"));
  EXPECT_THAT(text, HasSubstr("steal, involuntary switches"));
  EXPECT_THAT(text, HasSubstr("clock, throttling"));
  EXPECT_THAT(text, HasSubstr("20 to 29"));
  EXPECT_THAT(text, HasSubstr("not read: no such file"));
}

TEST(CaseReport, ShowsProcessesCheckAndMemoryByClass) {
  const StoredRun run = example_run();
  const std::string text = case_report(run, two_levels(run));
  EXPECT_THAT(text, AllOf(HasSubstr("SIGSEGV"), HasSubstr("(4 passes, steady)")));
  EXPECT_THAT(text,
              AllOf(HasSubstr("against: reference"), HasSubstr("weights"), HasSubstr("50.0 MB")));
  EXPECT_THAT(text, HasSubstr("reruns with: ridgepoint run"));
}

TEST(CaseReport, LeavesOutWhatNobodyKnowsAndStandsAnyDetails) {
  const StoredRun run = example_run();
  Record record = example_record(run, 0, example_case());
  for (const char* details : {"{}", "[]", "not json",
                              R"({"stationarity":{"levels":[1,{"ranges":3}]},)"
                              R"("processes":[1,2],"check":[],"stopping":"x","memory":7})"}) {
    record.details = details;
    const std::string text = case_report(run, record);
    EXPECT_THAT(text, HasSubstr("Case 0 of run")) << details;
    EXPECT_THAT(text, Not(HasSubstr("Check"))) << details;
  }
}

}  // namespace
}  // namespace ridgepoint

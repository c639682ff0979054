#include "results/exchange/aiperf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

TEST(AiperfImport, KeepsFiguresWithTheirUnits) {
  const RunWithRecords data = imported("aiperf/profile_export_aiperf.json");
  const auto& metrics = data.records[0].measurement.metrics;
  EXPECT_DOUBLE_EQ(metrics.at("aiperf:inter_token_latency_avg_ms"), 5.565340453703704);
  EXPECT_DOUBLE_EQ(metrics.at("aiperf:output_token_throughput_avg_tokens_per_second"),
                   243.4812056512426);
  EXPECT_EQ(metrics.at("aiperf:output_sequence_length_p99"), 10);
  EXPECT_TRUE(
      metrics.contains("aiperf:output_token_throughput_per_user_avg_tokens_per_second_per_user"));
  EXPECT_FALSE(metrics.contains("aiperf:http_req_duration_p99_ms"));
  EXPECT_TRUE(data.records[0].measurement.series.empty());
  EXPECT_EQ(data.run.tool_version, "importing AIPerf 0.13.0");
  EXPECT_EQ(data.records[0].subject.name, "aiperf mock-model chat concurrency=2 isl=16.0 osl=10.0");
}

TEST(AiperfImport, TakesSingleRequestsFromTheFileBesideIt) {
  const RunWithRecords data = imported("aiperf");
  const Measurement& measurement = data.records[0].measurement;
  EXPECT_EQ(measurement.find("aiperf:time_to_first_token")->samples[0], 26'240'037);
  EXPECT_THAT(measurement.find("aiperf:output_sequence_length")->samples, Each(10));
  EXPECT_EQ(measurement.find("aiperf:inter_chunk_latency")->samples.size(), 12U * 9);
  // The mean of the requests is what AIPerf says it is.
  double sum = 0;
  for (const std::int64_t ns : measurement.find("aiperf:request_latency")->samples) {
    sum += static_cast<double>(ns);
  }
  EXPECT_NEAR(sum / 12 / 1e6, measurement.metrics.at("aiperf:request_latency_avg_ms"), 1e-5);
  EXPECT_NE(data.run.id, imported("aiperf/profile_export_aiperf.json").run.id);
}

TEST(AiperfImport, CallsACancelledTestInterrupted) {
  const RunWithRecords data = imported_text(
      R"({"aiperf_version": "1", "request_latency": {"unit": "ms", "avg": 3, "p50": "N/A"},
          "was_cancelled": true})");
  EXPECT_EQ(data.records[0].outcome, Outcome::interrupted);
  EXPECT_EQ(data.records[0].measurement.metrics.size(), 1U);
}

TEST(AiperfImport, RefusesWhatIsNone) {
  EXPECT_THAT(error_of([] { imported_text("[]", "aiperf"); }), HasSubstr("not an object"));
  EXPECT_THAT(error_of([] { imported_text("{\"aiperf_version\": 3}"); }), HasSubstr("no metric"));
  EXPECT_THAT(error_of([] { imported_text("{\"aiperf_version\": "); }), HasSubstr("byte"));
  const std::string summary = R"({"request_latency": {"unit": "ms", "avg": 3}})";
  for (const std::string requests :
       {"nonsense", "[]", "{}",
        R"({"metrics": {"request_latency": {"value": 1, "unit": "apples"}}})",
        R"({"metrics": {"request_latency": {"value": "x", "unit": "ms"}}})",
        R"({"metrics": {"output_sequence_length": {"value": -1, "unit": "tokens"}}})",
        R"({"metrics": {"inter_chunk_latency": {"value": 1, "unit": "ms"}}})"}) {
    const ImportSource source{
        "folder",
        {{"profile_export_aiperf.json", summary}, {"profile_export.jsonl", "\n" + requests}}};
    EXPECT_THAT(error_of([&] { import_results(source, "aiperf"); }), HasSubstr("line 2"))
        << requests;
  }
  const ImportSource alone{"folder", {{"profile_export.jsonl", "{}"}}};
  EXPECT_THAT(error_of([&] { import_results(alone, "aiperf"); }),
              HasSubstr("profile_export_aiperf.json"));
}

}  // namespace
}  // namespace ridgepoint

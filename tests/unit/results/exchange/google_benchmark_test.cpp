#include "results/exchange/google_benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

// As library 1.7.1 writes it: three repetitions with aggregates, a counter that is NaN, an error.
constexpr const char* kExample = R"({
  "context": {
    "date": "2024-05-01T13:45:06+02:00",
    "host_name": "builder",
    "executable": "./a_benchmark",
    "num_cpus": 2,
    "mhz_per_cpu": 2000,
    "cpu_scaling_enabled": false,
    "caches": [{"type": "Data", "level": 1, "size": 49152, "num_sharing": 1}],
    "load_avg": [0.5,0.25,0.125],
    "library_build_type": "release"
  },
  "benchmarks": [
    {"name": "BM_Sort/1024", "run_name": "BM_Sort/1024", "run_type": "iteration", "repetitions": 3,
     "repetition_index": 0, "threads": 1, "iterations": 1000, "real_time": 2.5, "cpu_time": 2.0,
     "time_unit": "us", "items_per_second": 4.0e8, "label": "quick \"sort\""},
    {"name": "BM_Sort/1024", "run_name": "BM_Sort/1024", "run_type": "iteration", "repetitions": 3,
     "repetition_index": 1, "threads": 1, "iterations": 1000, "real_time": 3.5, "cpu_time": 3.0,
     "time_unit": "us", "items_per_second": 3.0e8},
    {"name": "BM_Sort/1024", "run_name": "BM_Sort/1024", "run_type": "iteration", "repetitions": 3,
     "repetition_index": 2, "threads": 1, "iterations": 2000, "real_time": 3.0, "cpu_time": 2.5,
     "time_unit": "us", "items_per_second": NaN},
    {"name": "BM_Sort/1024_mean", "run_name": "BM_Sort/1024", "run_type": "aggregate",
     "aggregate_name": "mean", "iterations": 3, "real_time": 3.0, "cpu_time": 2.5,
     "time_unit": "us", "items_per_second": -Infinity},
    {"name": "BM_Open", "run_name": "BM_Open", "run_type": "iteration", "iterations": 0,
     "real_time": 0, "cpu_time": 0, "time_unit": "ns", "error_occurred": true,
     "error_message": "no such file"}
  ]
})";

TEST(GoogleBenchmarkImport, KeepsEveryRepetitionAndSkipsAggregates) {
  const RunWithRecords data = import_google_benchmark(kExample, "out.json");
  ASSERT_EQ(data.records.size(), 2U);
  const Record& sort = data.records[0];
  EXPECT_EQ(sort.subject.workload, "imported");
  EXPECT_EQ(sort.subject.name, "BM_Sort/1024");
  EXPECT_EQ(label(sort.subject), "BM_Sort/1024");
  EXPECT_EQ(sort.outcome, Outcome::ok);
  const Series total{"total", "ns", {2'500'000, 3'500'000, 6'000'000}};
  const Series iterations{"iterations", "1", {1000, 1000, 2000}};
  EXPECT_EQ(*sort.measurement.find("total"), total);
  EXPECT_EQ(*sort.measurement.find("iterations"), iterations);
  EXPECT_EQ(sort.measurement.metrics.at("real_time_ns"), 3000);
  EXPECT_EQ(sort.measurement.metrics.at("cpu_time_ns"), 2500);
  EXPECT_EQ(sort.measurement.metrics.at("repetitions"), 3);
  EXPECT_EQ(sort.measurement.metrics.at("counter:items_per_second"), 3.5e8) << "NaN left out";
  EXPECT_EQ(sort.measurement.metrics.size(), 4U);
  EXPECT_EQ(sort.duration_ns, 12'000'000);
  EXPECT_THAT(sort.details, HasSubstr(R"("labels":["quick \"sort\""])"));
}

TEST(GoogleBenchmarkImport, KeepsErrorsAsFailuresWithTheirReason) {
  const Record record = import_google_benchmark(kExample, "out.json").records.at(1);
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_EQ(record.reason, "no such file");
  EXPECT_TRUE(record.measurement.series.empty());
}

TEST(GoogleBenchmarkImport, TakesTheContextAsEnvironmentAndConditions) {
  const StoredRun run = import_google_benchmark(kExample, "out.json").run;
  const auto environment = nlohmann::json::parse(run.environment);
  EXPECT_EQ(environment["cpu"]["cores"], 2);
  EXPECT_EQ(environment["google_benchmark"]["host_name"], "builder");
  EXPECT_FALSE(environment["google_benchmark"].contains("date")) << "what moves is not environment";
  EXPECT_EQ(environment.dump(), run.environment) << "canonical";
  EXPECT_EQ(run.environment_hash.size(), 32U);
  EXPECT_THAT(run.conditions, HasSubstr("load_avg"));
  EXPECT_EQ(run.started_unix_ns, 1'714'563'906'000'000'000);  // 11:45:06 UTC
  EXPECT_EQ(run.command, "./a_benchmark");
}

TEST(GoogleBenchmarkImport, OfTheSameFileIsTheSameRun) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto first = store.merge_run(import_google_benchmark(kExample, "a.json"), "a.json");
  EXPECT_EQ(first.runs_added, 1);
  EXPECT_EQ(first.records_added, 2);
  const auto again = store.merge_run(import_google_benchmark(kExample, "b.json"), "b.json");
  EXPECT_EQ(again.runs_known, 1);
  EXPECT_EQ(again.records_added, 0);
  EXPECT_EQ(store.whole_run(store.resolve_run("latest")).records.size(), 2U);
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(GoogleBenchmarkImport, KeepsSkippedOnesAsUnsupported) {
  const Record record =
      import_google_benchmark(
          R"({"benchmarks":[{"name":"BM_Gpu","run_type":"iteration","skipped":true,)"
          R"("skip_message":"no device"}]})",
          "out.json")
          .records.at(0);
  EXPECT_EQ(record.outcome, Outcome::unsupported);
  EXPECT_EQ(record.reason, "no device");
}

TEST(GoogleBenchmarkImport, SaysWhatIsWrongWithAFile) {
  const auto complaint = [](const std::string& text) {
    const std::string line = error_of([&] { import_google_benchmark(text, "out.json"); });
    EXPECT_EQ(line.find("out.json: "), 0U) << line;
    return line;
  };
  const auto with = [&](const std::string& fields) {
    return complaint(R"({"benchmarks":[{"name":"BM","run_type":"iteration",)" + fields + "}]}");
  };
  EXPECT_THAT(complaint("not JSON"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(complaint("{}"), HasSubstr("no \"benchmarks\" list"));
  EXPECT_THAT(complaint(R"({"benchmarks":{}})"), HasSubstr("no \"benchmarks\" list"));
  EXPECT_THAT(complaint(R"({"benchmarks":[]})"), HasSubstr("--benchmark_filter"));
  EXPECT_THAT(complaint(R"({"benchmarks":[{"name":"a_mean","run_type":"aggregate"}]})"),
              HasSubstr("--benchmark_report_aggregates_only=false"));
  EXPECT_THAT(complaint(R"({"benchmarks":[5]})"), HasSubstr("benchmark 0"));
  EXPECT_THAT(complaint(R"({"benchmarks":[{"run_type":"iteration"}]})"), HasSubstr("no \"name\""));
  EXPECT_THAT(complaint(R"({"benchmarks":[{"name":""}]})"), HasSubstr("name that cannot be kept"));
  EXPECT_THAT(with(R"("iterations":0,"real_time":1)"), HasSubstr("\"iterations\""));
  EXPECT_THAT(with(R"("iterations":1.5,"real_time":1)"), HasSubstr("\"iterations\""));
  EXPECT_THAT(with(R"("iterations":1)"), HasSubstr("\"real_time\""));
  EXPECT_THAT(with(R"("iterations":1,"real_time":-1)"), HasSubstr("\"real_time\""));
  EXPECT_THAT(with(R"("iterations":1,"real_time":NaN)"), HasSubstr("\"real_time\""));
  EXPECT_THAT(with(R"("iterations":1,"real_time":1,"time_unit":"h")"), HasSubstr("\"time_unit\""));
  EXPECT_THAT(with(R"("iterations":9000000000000000000,"real_time":1e9)"),
              HasSubstr("more nanoseconds"));
  EXPECT_THAT(with(R"("iterations":1,"real_time":1,"x":)" + std::string(1000, '[')),
              HasSubstr("nested deeper"));
}

TEST(GoogleBenchmarkImport, LeavesWordsInTextsAlone) {
  const auto data = import_google_benchmark(
      R"({"benchmarks":[{"name":"BM_NaN_and_Infinity\\\"NaN","iterations":1,"real_time":1}]})",
      "out.json");
  EXPECT_EQ(data.records.at(0).subject.name, "BM_NaN_and_Infinity\\\"NaN");
}

}  // namespace
}  // namespace ridgepoint

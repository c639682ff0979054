#include "results/exchange/google_benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

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

/// The record of the case of that name in the golden file, which library 1.7.1 wrote.
Record golden_benchmark(std::string_view name) {
  static const RunWithRecords data = imported("google-benchmark/results.json");
  for (const Record& record : data.records) {
    if (record.subject.name == name) return record;
  }
  ADD_FAILURE() << name << " is not there";
  return {};
}

TEST(GoogleBenchmarkGolden, MakesACaseOfEachBenchmarkAndOfNoAggregate) {
  std::vector<std::string> names;
  for (const Record& record : imported("google-benchmark/results.json").records) {
    names.push_back(record.subject.name);
  }
  EXPECT_THAT(
      names,
      ::testing::ElementsAre(
          "BM_Plain/iterations:20000", "BM_Repeated/4096/iterations:500/repeats:3",
          "BM_Counters/iterations:2000", "BM_Milliseconds/iterations:3/real_time",
          "BM_Seconds/iterations:4/manual_time", "BM_Threads/iterations:1000/threads:2", "BM_Fails",
          "BM_Complexity/256/iterations:200", "BM_Complexity/1024/iterations:200",
          "BM_Complexity/4096/iterations:200", "BM_AggregatesOnly/iterations:1000/repeats:3"));
}

TEST(GoogleBenchmarkGolden, HasItsTimesInNanosecondsWhateverUnitTheyWereWrittenIn) {
  const auto real = [](std::string_view name) {
    return golden_benchmark(name).measurement.metrics.at("real_time_ns");
  };
  EXPECT_NEAR(real("BM_Plain/iterations:20000"), 0.53080002544447780, 1e-12);
  EXPECT_NEAR(real("BM_Repeated/4096/iterations:500/repeats:3"), 1089.9860062636435, 1e-9)
      << "us; the median of three";
  EXPECT_NEAR(real("BM_Milliseconds/iterations:3/real_time"), 1.5880416661578540e6, 1e-6);
  EXPECT_NEAR(real("BM_Seconds/iterations:4/manual_time"), 0.25e9, 1e-3);
  const Record milliseconds = golden_benchmark("BM_Milliseconds/iterations:3/real_time");
  const Series total{"total", "ns", {4'764'125}};
  const Series iterations{"iterations", "1", {3}};
  EXPECT_EQ(*milliseconds.measurement.find("total"), total) << "1.588 ms three times";
  EXPECT_EQ(*milliseconds.measurement.find("iterations"), iterations);
  EXPECT_NEAR(milliseconds.measurement.metrics.at("cpu_time_ns"), 23'858.666666666761, 1e-9);
  EXPECT_EQ(milliseconds.duration_ns, 4'764'125);
}

TEST(GoogleBenchmarkGolden, CountsRepetitionsAsSamplesAndAggregatesNot) {
  const Record repeated = golden_benchmark("BM_Repeated/4096/iterations:500/repeats:3");
  const Series total{"total", "ns", {542'399, 550'240, 544'993}};
  EXPECT_EQ(*repeated.measurement.find("total"), total);
  EXPECT_EQ(repeated.measurement.metrics.at("repetitions"), 3);
  EXPECT_THAT(repeated.details, HasSubstr(R"(["a \"label\"","a \"label\"","a \"label\""])"));
}

TEST(GoogleBenchmarkGolden, KeepsABenchmarkThatHasAggregatesAloneWithTheReason) {
  const Record aggregated = golden_benchmark("BM_AggregatesOnly/iterations:1000/repeats:3");
  EXPECT_EQ(aggregated.outcome, Outcome::unsupported);
  EXPECT_THAT(aggregated.reason, HasSubstr("--benchmark_report_aggregates_only=false"));
  EXPECT_TRUE(aggregated.measurement.series.empty());
  EXPECT_TRUE(aggregated.measurement.metrics.empty());
}

TEST(GoogleBenchmarkGolden, KeepsCountersAndRates) {
  const auto metrics = golden_benchmark("BM_Counters/iterations:2000").measurement.metrics;
  EXPECT_EQ(metrics.at("counter:Plain"), 42.5);
  EXPECT_EQ(metrics.at("counter:PerIteration"), 3);
  EXPECT_DOUBLE_EQ(metrics.at("counter:PerSecond"), 1.1257774900790881e7);
  EXPECT_DOUBLE_EQ(metrics.at("counter:bytes_per_second"), 9.2223691987278900e10);
  EXPECT_DOUBLE_EQ(metrics.at("counter:items_per_second"), 2.2515549801581763e7);
  EXPECT_EQ(metrics.size(), 8U) << "and real time, CPU time, repetitions";
}

TEST(GoogleBenchmarkGolden, KeepsTheBenchmarkThatFailedWithItsReason) {
  const Record failed = golden_benchmark("BM_Fails");
  EXPECT_EQ(failed.outcome, Outcome::failed);
  EXPECT_EQ(failed.reason, "the data is not there");
  EXPECT_TRUE(failed.measurement.series.empty());
  EXPECT_TRUE(failed.measurement.metrics.empty());
}

TEST(GoogleBenchmarkGolden, SaysWhenAndWhereItRan) {
  const StoredRun run = imported("google-benchmark/results.json").run;
  EXPECT_EQ(run.started_unix_ns, 1'795'310'647'000'000'000);  // 2026-11-22 01:24:07 UTC
  EXPECT_EQ(run.command, "./gbench_golden");
  const auto environment = nlohmann::json::parse(run.environment);
  EXPECT_EQ(environment["cpu"]["cores"], 2);
  EXPECT_EQ(environment["google_benchmark"]["caches"].size(), 4U);
}

TEST(GoogleBenchmarkImport, LeavesWordsInTextsAlone) {
  const auto data = import_google_benchmark(
      R"({"benchmarks":[{"name":"BM_NaN_and_Infinity\\\"NaN","iterations":1,"real_time":1}]})",
      "out.json");
  EXPECT_EQ(data.records.at(0).subject.name, "BM_NaN_and_Infinity\\\"NaN");
}

}  // namespace
}  // namespace ridgepoint

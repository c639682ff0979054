// Comparing two stored runs of 10,000 cases with 30 samples each. To reach: under 1 s for the whole
// command.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include "results/compare/compare.h"
#include "results/metric.h"
#include "results/report/comparison_report.h"
#include "results/store/store.h"
#include "tests/benchmarks/results/example_run.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kCases = 10'000;
constexpr int kSamples = 30;

/// As much as the records of a real run hold: samples, metrics, a kilobyte of details.
Record record_of(const Run& run, std::int64_t ordinal, std::mt19937_64& random) {
  Record record;
  record.id = new_uuid();
  record.run_id = run.id;
  record.ordinal = ordinal;
  record.subject.workload = "op";
  record.subject.op = "matrix_product";
  record.subject.type = "q8_0";
  record.subject.rows = 1 + ordinal % 100;
  record.subject.in = 64 * (1 + ordinal / 100);
  record.subject.threads = 2;
  record.details =
      fmt::format(R"({{"backend":{{"name":"reference"}},"filler":"{}"}})", std::string(1000, 'x'));
  std::lognormal_distribution<double> law(std::log(50e3), 0.01);
  Series series{"run", "ns", {}, {}};
  for (int i = 0; i < kSamples; ++i) {
    series.samples.push_back(static_cast<std::int64_t>(law(random)));
  }
  record.measurement.series = {std::move(series)};
  record.measurement.metrics = {{"memory_weights_bytes", 1e6}, {"memory_activations_bytes", 1e6},
                                {"memory_kv_bytes", 0},        {"memory_scratch_bytes", 1e5},
                                {"peak_rss_bytes", 5e7},       {"peak_anonymous_bytes", 3e6},
                                {"check_relative_error", 0},   {"work_flops", 1e6},
                                {"work_bytes", 1e6},           {"work_weight_bytes", 9e5},
                                {"harness_floor_share", 0.001}};
  derive_metrics(record.subject, record.measurement);
  return record;
}

/// A database with the runs "before" and "after".
const std::filesystem::path& two_runs() {
  static const TemporaryFolder folder;
  static const std::filesystem::path path = [] {
    Store store(folder / "runs.db", OpenMode::read_write);
    std::mt19937_64 random(1);
    for (const char* label : {"before", "after"}) {
      RunWithRecords data;
      data.run = some_run();
      data.run.label = label;
      data.run.status = "finished";
      for (std::int64_t i = 0; i < kCases; ++i) {
        data.records.push_back(record_of(data.run, i, random));
      }
      store.merge_run(data, "benchmark");
    }
    return folder / "runs.db";
  }();
  return path;
}

void BM_ReadBothSides(benchmark::State& state) {
  const auto& path = two_runs();
  for (auto _ : state) {
    const Store store(path, OpenMode::read_only);
    benchmark::DoNotOptimize(select_sides(store, "before", "after", {}));
  }
}
BENCHMARK(BM_ReadBothSides)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Compare(benchmark::State& state) {
  const Store store(two_runs(), OpenMode::read_only);
  const SelectedSides sides = select_sides(store, "before", "after", {});
  for (auto _ : state) benchmark::DoNotOptimize(compare(sides, {}));
}
BENCHMARK(BM_Compare)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Report(benchmark::State& state, const char* format) {
  const Store store(two_runs(), OpenMode::read_only);
  const Comparison comparison = compare(select_sides(store, "before", "after", {}), {});
  for (auto _ : state) benchmark::DoNotOptimize(report_comparison(comparison, format));
}
BENCHMARK_CAPTURE(BM_Report, table, "table")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Report, json, "json")->UseRealTime()->Unit(benchmark::kMillisecond);

/// The whole: process start, reading, comparing, printing.
void BM_CompareCommand(benchmark::State& state) {
  const std::string command =
      fmt::format("'{}/bin/ridgepoint' compare before after --db '{}' > /dev/null",
                  RIDGEPOINT_BINARY_DIR, two_runs().string());
  for (auto _ : state) {
    if (std::system(command.c_str()) == -1) throw std::runtime_error("no shell");
  }
}
BENCHMARK(BM_CompareCommand)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ridgepoint

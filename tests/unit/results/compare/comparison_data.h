// Two runs made up for comparisons: op cases whose true times are known, measured in as many
// processes as a test wants.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "results/compare/compare.h"
#include "results/metric.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {

/// Log-normal times around `median_ns` with 1 % of noise, in processes of their own small level.
inline Series timed(std::string name, double median_ns, std::uint64_t seed,
                    std::int64_t processes = 5, std::int64_t each = 20) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Series series{std::move(name), "ns", {}, {}};
  for (std::int64_t process = 0; process < processes; ++process) {
    const double level = std::log(median_ns) + 0.001 * normal(random);
    for (std::int64_t i = 0; i < each; ++i) {
      series.samples.push_back(std::llround(std::exp(level + 0.01 * normal(random))));
    }
    series.process_counts.push_back(each);
  }
  if (processes == 1) series.process_counts.clear();
  return series;
}

inline Record op_record(const Run& run, std::int64_t ordinal, const Case& subject, Series series) {
  Record record = example_record(run, ordinal, subject);
  record.measurement.series = {std::move(series)};
  record.measurement.metrics = {{"peak_rss_bytes", 50e6}, {"check_relative_error", 1e-4}};
  derive_metrics(record.subject, record.measurement);
  return record;
}

/// A finished run with these records, each in its place.
inline RunWithRecords finished_run(const std::string& label) {
  RunWithRecords data;
  data.run = example_run();
  data.run.label = label;
  data.run.status = "finished";
  return data;
}

/// Cases of one, two, ... rows; the time of the i-th is 1 ms * factors[i].
inline RunWithRecords op_run(const std::string& label, const std::vector<double>& factors,
                             std::uint64_t seed, std::int64_t processes = 5,
                             std::int64_t each = 20) {
  RunWithRecords data = finished_run(label);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const auto ordinal = static_cast<std::int64_t>(i);
    data.records.push_back(op_record(data.run, ordinal, operator_case(ordinal + 1),
                                     timed("run", 1e6 * factors[i], seed + i, processes, each)));
  }
  return data;
}

/// Both whole runs as sides.
inline SelectedSides sides_of(RunWithRecords a, RunWithRecords b) {
  SelectedSides sides;
  sides.a.asked = a.run.label;
  sides.b.asked = b.run.label;
  for (std::size_t i = 0; i < a.records.size(); ++i) sides.a.records.push_back({0, i});
  for (std::size_t i = 0; i < b.records.size(); ++i) sides.b.records.push_back({1, i});
  sides.runs.push_back(std::move(a));
  sides.runs.push_back(std::move(b));
  return sides;
}

inline Comparison compared(RunWithRecords a, RunWithRecords b, const CompareOptions& options = {}) {
  return compare(sides_of(std::move(a), std::move(b)), options);
}

/// The row of this case (by position in A) and metric.
inline const ComparisonRow& row_of(const Comparison& comparison, std::int64_t rows,
                                   const std::string& metric) {
  for (const ComparisonRow& row : comparison.rows) {
    if (row.subject.rows == rows && row.metric == metric) return row;
  }
  throw std::runtime_error("no row of " + metric);
}

}  // namespace ridgepoint

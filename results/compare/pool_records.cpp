#include "results/compare/pool_records.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

bool is_row(const Record& record) {
  return record.subject.workload == "imported" && record.outcome == Outcome::ok &&
         std::ranges::all_of(record.measurement.series,
                             [](const Series& series) { return series.name == "total"; });
}

void append(const Series& more, Series& series) {
  series.samples.insert(series.samples.end(), more.samples.begin(), more.samples.end());
  if (more.process_counts.empty()) {
    series.process_counts.push_back(static_cast<std::int64_t>(more.samples.size()));
  } else {
    series.process_counts.insert(series.process_counts.end(), more.process_counts.begin(),
                                 more.process_counts.end());
  }
}

Record pooled(const std::vector<Record>& records, const std::vector<std::size_t>& rows) {
  Record all = records[rows.front()];
  all.measurement.series.clear();
  std::map<std::string, std::vector<double>> metrics;
  Series total{"total", "ns", {}, {}};
  for (const std::size_t row : rows) {
    const Measurement& measurement = records[row].measurement;
    for (const auto& [name, value] : measurement.metrics) metrics[name].push_back(value);
    for (const Series& series : measurement.series) append(series, total);
    if (row != rows.front()) all.duration_ns += records[row].duration_ns;
  }
  for (const auto& [name, values] : metrics) {
    all.measurement.metrics[name] = median(std::span<const double>(values));
  }
  if (!total.samples.empty()) all.measurement.series.push_back(std::move(total));
  return all;
}

}  // namespace

PooledRecords pool_records(std::vector<Record> records) {
  PooledRecords result;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Case& subject = records[i].subject;
    if (subject.workload == "imported") by_name[subject.name].push_back(i);
  }
  std::map<std::size_t, Record> together;  // by the position of the first row
  std::set<std::size_t> gone;
  for (const auto& [name, rows] : by_name) {
    const auto is_one = [&](std::size_t row) { return is_row(records[row]); };
    if (rows.size() < 2 || !std::ranges::all_of(rows, is_one)) continue;
    for (const std::size_t row : rows) {
      if (row != rows.front()) gone.insert(row);
      result.stands_for[records[row].ordinal] = records[rows.front()].ordinal;
    }
    together.emplace(rows.front(), pooled(records, rows));
  }
  if (gone.empty()) {
    result.records = std::move(records);
    return result;
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (gone.contains(i)) continue;
    const auto found = together.find(i);
    result.records.push_back(std::move(found == together.end() ? records[i] : found->second));
  }
  return result;
}

}  // namespace ridgepoint

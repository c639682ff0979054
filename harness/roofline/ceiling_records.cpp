#include "harness/roofline/ceiling_records.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "harness/environment/stored_figures.h"
#include "harness/roofline/ceiling_json.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// The metric that a ceiling is, its series, and what a series' whole numbers are of its unit.
struct CeilingMetric {
  std::string_view unit, metric, series, series_unit;
  double scale;
};
constexpr CeilingMetric kCeilingMetrics[] = {
    {"bytes/s", "bytes_per_second", "bytes_per_second", "bytes/s", 1},
    {"FLOP/s", "flops_per_second", "flops_per_second", "FLOP/s", 1},
    {"OP/s", "operations_per_second", "operations_per_second", "OP/s", 1},
    {"ns", "latency_ns", "latency_ps", "ps", 1000},
    {"Hz", "clock_hz", "clock_hz", "Hz", 1},
};

const CeilingMetric& metric_of(const ceilings::Ceiling& ceiling) {
  const auto* found =
      std::ranges::find(kCeilingMetrics, std::string_view(ceiling.unit), &CeilingMetric::unit);
  return *found;
}

bool is_level_of(const ceilings::Ceiling& ceiling, const ceilings::Curve& curve) {
  return ceiling.kind == curve.kind && ceiling.what == curve.what &&
         ceiling.threads == curve.threads && ceiling.streams == curve.streams;
}

}  // namespace

Record record_of(const ceilings::Ceiling& ceiling) {
  Record record;
  record.subject = figure_case(ceilings::name_of(ceiling));
  nlohmann::json details = {{"ceiling", json_of(ceiling)}};
  if (!ceiling.why_absent.empty()) {
    record.outcome = Outcome::unsupported;
    record.reason = ceiling.why_absent;
    record.details = details.dump();
    return record;
  }
  const CeilingMetric& metric = metric_of(ceiling);
  details["primary_metrics"] = nlohmann::json::array({metric.metric});
  record.details = details.dump();
  auto& metrics = record.measurement.metrics;
  metrics[std::string(metric.metric)] = ceiling.estimate.value;
  if (ceiling.samples.size() > 1) {
    metrics["precision_percent"] =
        50 * (ceiling.estimate.high - ceiling.estimate.low) / ceiling.estimate.value;
  }
  Series series;
  series.name = metric.series;
  series.unit = metric.series_unit;
  for (const double sample : ceiling.samples) {
    series.samples.push_back(std::llround(sample * metric.scale));
  }
  record.measurement.series.push_back(std::move(series));
  return record;
}

void store_ceilings(Store& store, const Run& run, const ceilings::Measured& measured) {
  std::vector<Record> records;
  for (const auto& ceiling : measured.ceilings) {
    Record record = record_of(ceiling);
    record.started_unix_ns = run.started_unix_ns;
    auto details = nlohmann::json::parse(record.details);
    details["measured_under"] = json_of(measured.conditions);
    if (ceiling.level == "outermost") {
      for (const auto& curve : measured.curves) {
        if (is_level_of(ceiling, curve)) details["curve"] = json_of(curve);
      }
    }
    record.details = details.dump();
    records.push_back(std::move(record));
  }
  if (records.empty()) throw Error("nothing was measured before it was interrupted");
  store_figures(store, run, std::move(records), measured.interrupted);
}

}  // namespace ridgepoint

#include "results/contamination.h"

#include <algorithm>
#include <vector>

#include "results/quality_metrics.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr BatchSeriesSpec kBatchSeries[] = {
    {"batch.samples", "1",
     "Samples of the case's primary series in the batch; their sum is the length of that series."},
    {"batch.duration_ns", "ns", "From the first sample's start to the last one's end."},
    {"batch.steal_ns", "ns",
     "What the hypervisor took meanwhile, over all CPUs, in steps of 10 ms."},
    {"batch.voluntary_switches", "1", "Times that a thread of the process waited."},
    {"batch.involuntary_switches", "1", "Times that a thread of the process was pushed off a CPU."},
    {"batch.minor_faults", "1", "Page faults that found their page in memory."},
    {"batch.major_faults", "1", "Page faults that had to read storage."},
    {"batch.clock_khz", "kHz",
     "Clock of the measuring thread's core right after the batch, from a chain of additions."},
    {"batch.throttles", "1", "Times that a core or a package was slowed down for its heat."},
};

/// A series as long as the batches are many, or nothing.
std::span<const std::int64_t> column(const Measurement& measurement, std::string_view name,
                                     std::size_t batches) {
  const Series* series = measurement.find(name);
  if (series == nullptr || series->samples.size() != batches) return {};
  return series->samples;
}

}  // namespace

std::span<const BatchSeriesSpec> batch_series() {
  return kBatchSeries;
}

std::string_view unit_of_series(std::string_view name) {
  const auto* found = std::ranges::find(kBatchSeries, name, &BatchSeriesSpec::name);
  if (found != std::end(kBatchSeries)) return found->unit;
  const auto qualities = quality_series();
  const auto quality = std::ranges::find(qualities, name, &QualitySeriesSpec::name);
  return quality == qualities.end() ? "ns" : quality->unit;
}

Contamination contamination_of(const Measurement& measurement, std::int64_t cpus,
                               bool major_faults_are_meant, const ContaminationCriteria& criteria) {
  Contamination result;
  const Series* samples = measurement.find("batch.samples");
  if (samples == nullptr) return result;
  const std::size_t count = samples->samples.size();
  result.batches = static_cast<std::int64_t>(count);
  const auto duration = column(measurement, "batch.duration_ns", count);
  const auto steal = column(measurement, "batch.steal_ns", count);
  const auto switches = column(measurement, "batch.involuntary_switches", count);
  const auto faults = column(measurement, "batch.major_faults", count);
  const auto clock = column(measurement, "batch.clock_khz", count);
  const auto throttles = column(measurement, "batch.throttles", count);
  const double usual_clock = clock.empty() ? 0 : median(clock);
  for (std::size_t i = 0; i < count; ++i) {
    const double ns = duration.empty() ? 0 : static_cast<double>(duration[i]);
    std::string causes;
    const auto note = [&](const char* cause, bool found) {
      if (!found) return;
      ++result.by[cause];
      causes += (causes.empty() ? "" : ", ") + std::string(cause);
    };
    note("steal", !steal.empty() && static_cast<double>(steal[i]) >
                                        criteria.steal_share * ns * static_cast<double>(cpus));
    note("involuntary switches",
         !switches.empty() &&
             static_cast<double>(switches[i]) > 1 + criteria.switches_per_second * ns * 1e-9);
    note("major faults", !major_faults_are_meant && !faults.empty() && faults[i] > 0);
    note("clock",
         !clock.empty() && static_cast<double>(clock[i]) < criteria.clock_share * usual_clock);
    note("throttling", !throttles.empty() && throttles[i] > 0);
    if (causes.empty()) continue;
    ++result.contaminated;
    result.which.emplace_back(static_cast<std::int64_t>(i), std::move(causes));
  }
  return result;
}

}  // namespace ridgepoint

#include "harness/run/batch_log.h"

#include <nlohmann/json.hpp>
#include <span>

#include "profiler/clock/clock_estimate.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

BatchLog::Counters BatchLog::read() {
  return {steal_.read_ns(), read_process_activity(), throttles_.read()};
}

void BatchLog::begin() {
  if (open_) return;
  open_ = true;
  samples_ = 0;
  before_ = read();
  started_ns_ = monotonic_ns();
}

void BatchLog::note(const char* series, const Reading<std::int64_t>& before,
                    const Reading<std::int64_t>& after) {
  if (before && after && !absent_.contains(series)) {
    series_[series].push_back(after.value() - before.value());
    return;
  }
  // A series that has a gap would no longer stand beside the others.
  absent_.emplace(series, before ? after.why() : before.why());
  series_.erase(series);
}

void BatchLog::end() {
  if (!open_) return;
  open_ = false;
  if (samples_ == 0) return;
  const auto ended_ns = monotonic_ns();
  const auto after = read();
  series_["batch.samples"].push_back(samples_);
  series_["batch.duration_ns"].push_back(ended_ns - started_ns_);
  note("batch.steal_ns", before_.steal_ns, after.steal_ns);
  const auto part = [](const Reading<ProcessActivity>& reading,
                       std::int64_t ProcessActivity::*member) {
    return reading ? Reading<std::int64_t>::of(reading.value().*member)
                   : Reading<std::int64_t>::absent(reading.why());
  };
  for (const auto& [name, member] :
       {std::pair("batch.voluntary_switches", &ProcessActivity::voluntary_switches),
        std::pair("batch.involuntary_switches", &ProcessActivity::involuntary_switches),
        std::pair("batch.minor_faults", &ProcessActivity::minor_faults),
        std::pair("batch.major_faults", &ProcessActivity::major_faults)}) {
    note(name, part(before_.activity, member), part(after.activity, member));
  }
  note("batch.clock_khz", Reading<std::int64_t>::of(0), estimate_clock_khz());
  note("batch.throttles", before_.throttles, after.throttles);
}

void BatchLog::send(MeasurementSink& sink) {
  std::size_t batches = 0;
  for (const auto& [name, values] : series_) {
    batches = values.size();
    if (batches > sent_) sink.samples(name, std::span(values).subspan(sent_));
  }
  sent_ = batches;
}

std::string BatchLog::absent_json() const {
  return nlohmann::json(absent_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ridgepoint

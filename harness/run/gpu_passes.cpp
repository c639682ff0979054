#include "harness/run/gpu_passes.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace ridgepoint {
namespace {

using GpuJson = nlohmann::json;

GpuJson timeline_json(const TimelinePass& all, std::int64_t passes, std::int64_t incomplete,
                      const std::vector<std::string>& notes) {
  GpuJson json{{"passes", passes},
               {"kernels", all.kernels},
               {"copies", all.copies},
               {"copied_bytes", all.copied_bytes},
               {"fills", all.fills},
               {"joined_by_external_id", all.by_external},
               {"joined_by_graph_node", all.by_node},
               {"joined_by_range", all.by_range},
               {"not_joined", all.by_nothing},
               {"cupti_overhead_ns", all.overhead_ns},
               {"outside_of_pass_ns", all.outside_ns},
               {"busy_ns", all.gaps.busy_ns},
               {"idle_ns", all.gaps.idle_ns},
               {"gaps", all.gaps.gaps},
               {"longest_gap_ns", all.gaps.longest_ns}};
  if (incomplete > 0) {
    json["incomplete_passes"] = incomplete;
    json["dropped_records"] = all.dropped;
    json["records_without_times"] = all.without_times;
    json["lost_buffers"] = all.lost_buffers;
  }
  if (!notes.empty()) json["without"] = notes;
  return json;
}

/// What two sets of metrics said of the same ops.
void merge_counts(GpuJson& into, const GpuJson& from) {
  for (const auto& [phase, ops] : from.items()) {
    for (const auto& [op, values] : ops.items()) {
      GpuJson& entry = into[phase][op];
      if (entry.is_null()) entry = GpuJson::object();
      entry.update(values);
    }
  }
}

}  // namespace

nlohmann::json counts_json(std::span<const CountedRange> ranges, const MetricSchedule& schedule,
                           std::span<const SpanSource> sources, std::span<const TracedPart> parts,
                           bool is_cut) {
  struct Sum {
    CountSum counts;
    double parts = 0;
  };
  std::map<std::string, std::map<std::string, Sum>> sums;  // by phase and op
  const std::int64_t last_ns = ranges.empty() ? 0 : ranges.back().begun_ns;
  for (const TracedPart& part : parts) {
    if (is_cut && part.end_ns > last_ns) break;
    for (const auto& [op, values] :
         sum_counts(ranges, schedule, sources, part.begin_ns, part.end_ns)) {
      Sum& sum = sums[part.name][op];
      const auto time = values.find(kCountedTime);
      for (const auto& [meaning, value] : values) {
        sum.counts.add(meaning, value, time == values.end() ? 1 : time->second);
      }
      sum.parts += 1;
    }
  }
  GpuJson phases = GpuJson::object();
  for (const auto& [phase, ops] : sums) {
    for (const auto& [op, sum] : ops) {
      for (const auto& [meaning, value] : sum.counts.values()) {
        phases[phase][op][meaning] = is_share_of_time(meaning) ? value : value / sum.parts;
      }
    }
  }
  return phases;
}

nlohmann::json samples_json(std::span<const PmSample> samples, const MetricSchedule& schedule) {
  GpuJson json{{"at_ns", GpuJson::array()}};
  for (const ScheduledMetric& metric : schedule.metrics) json[metric.meaning] = GpuJson::array();
  for (const PmSample& sample : samples) {
    if (sample.values.size() != schedule.metrics.size()) continue;
    json["at_ns"].push_back(sample.begin_ns);
    const double per_second = 1e9 / static_cast<double>(sample.end_ns - sample.begin_ns);
    for (std::size_t i = 0; i < sample.values.size(); ++i) {
      const std::string& meaning = schedule.metrics[i].meaning;
      const bool is_rate = meaning.ends_with("_bytes");
      json[meaning].push_back(
          std::round(is_rate ? sample.values[i] * per_second : sample.values[i] * 100) /
          (is_rate ? 1 : 100));
    }
  }
  return json;
}

std::optional<double> counted_memory_bytes(const nlohmann::json& counted, std::string_view phase) {
  if (!counted.is_object() || !counted.contains("phases")) return std::nullopt;
  const auto found = counted.at("phases").find(std::string(phase));
  if (found == counted.at("phases").end() || found->empty()) return std::nullopt;
  double bytes = 0;
  for (const auto& [op, values] : found->items()) {
    if (!values.contains("dram_read_bytes") || !values.contains("dram_write_bytes")) {
      return std::nullopt;
    }
    bytes +=
        values.at("dram_read_bytes").get<double>() + values.at("dram_write_bytes").get<double>();
  }
  return bytes;
}

std::string GpuLibraries::asked_for_recording() {
  const char* const path = std::getenv("RIDGEPOINT_CUPTI_RECORDING");
  return path == nullptr ? std::string() : path;
}

GpuPasses::GpuPasses(std::optional<int> device, SpanRecorder& recorder, GpuLibraries libraries)
    : device_(device), recorder_(recorder), libraries_(std::move(libraries)) {
  if (!device_) return;
  timeline_ = std::make_unique<CuptiTimeline>(recorder_, libraries_.cupti);
  timeline_->record_to(libraries_.recording);
}

SpanListener* GpuPasses::timeline() {
  return timeline_ && timeline_->why_absent().empty() ? timeline_.get() : nullptr;
}

void GpuPasses::before_pass() {
  if (timeline() != nullptr) timeline_->forget();
}

bool GpuPasses::after_pass(std::span<const TracedPart> parts) {
  if (timeline() == nullptr || parts.empty()) return true;
  const TimelinePass pass = timeline_->collect(parts.front().begin_ns, parts.back().end_ns);
  ++passes_;
  all_.add(pass);
  if (!pass.whole()) ++incomplete_;
  return pass.whole();
}

nlohmann::json GpuPasses::end_timeline() {
  if (!timeline_) return nullptr;
  GpuJson json;
  if (timeline() == nullptr) {
    json["absent"] = timeline_->why_absent();
  } else {
    json = timeline_json(all_, passes_, incomplete_, timeline_->notes());
    if (!libraries_.recording.empty()) json["recording"] = timeline_->recording();
  }
  recorder_.set_listener(nullptr);
  timeline_.reset();
  return json;
}

nlohmann::json GpuPasses::count(const CountedPass& pass) {
  if (!device_) return nullptr;
  GpuJson json{{"phases", GpuJson::object()}, {"replays", 0}};
  std::string first_why;
  bool any = false;
  for (const auto wishes : {roofline_metrics(), operation_metrics()}) {
    RangeCounterOptions options{.device = *device_};
    options.cupti = libraries_.cupti;
    options.driver = libraries_.driver;
    RangeCounter counter(wishes, options);
    std::vector<TracedPart> parts;
    bool stopped = false, more = counter.why_absent().empty();
    recorder_.set_listener(&counter);
    while (more) {
      auto made = pass(counter);
      if (!made) {
        stopped = true;
        break;
      }
      parts = std::move(*made);
      json["replays"] = json["replays"].get<int>() + 1;
      more = counter.stop_pass();
    }
    recorder_.set_listener(nullptr);
    const std::vector<CountedRange> ranges = stopped ? std::vector<CountedRange>() : counter.take();
    if (stopped || !counter.why_absent().empty()) {
      const std::string why = stopped ? "stopped" : counter.why_absent();
      if (!any) first_why = first_why.empty() ? why : first_why;
      json["without"].push_back(why);
      if (stopped) break;
      continue;
    }
    any = true;
    json["chip"] = counter.schedule().chip;
    merge_counts(json["phases"], counts_json(ranges, counter.schedule(), recorder_.sources(), parts,
                                             ranges.size() >= counter.most_ranges()));
    for (const std::string& line : counter.schedule().left_out) json["without"].push_back(line);
  }
  if (!any) return {{"absent", first_why}};
  return json;
}

nlohmann::json GpuPasses::sample(const SampledPass& pass) const {
  if (!device_) return nullptr;
  PmSamplerOptions options{.device = *device_};
  options.cupti = libraries_.cupti;
  PmSampler sampler(options);
  if (!sampler.why_absent().empty()) return {{"absent", sampler.why_absent()}};
  const auto parts = pass(sampler);
  const std::vector<PmSample> samples = sampler.stop();
  if (!sampler.why_absent().empty()) return {{"absent", sampler.why_absent()}};
  if (!parts || parts->empty()) return {{"absent", "stopped"}};
  GpuJson json = samples_json(samples, sampler.schedule());
  json["begin_ns"] = parts->front().begin_ns;
  json["took_ns"] = parts->back().end_ns - parts->front().begin_ns;
  json["overflowed"] = sampler.overflowed();
  json["chip"] = sampler.schedule().chip;
  return json;
}

}  // namespace ridgepoint

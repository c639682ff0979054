#include "harness/run/judgement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/contamination.h"
#include "results/metric.h"
#include "results/report/table.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

// A series that flips often has many stays; the series itself tells the rest.
constexpr std::size_t kMostRanges = 20;

const Series* primary_of(const Case& subject, const Measurement& measurement) {
  const auto name = primary_series(subject);
  return name.empty() ? nullptr : measurement.find(name);
}

std::int64_t processes_of(const Series* series) {
  if (series == nullptr || series->samples.empty()) return 0;
  return series->process_counts.empty() ? 1
                                        : static_cast<std::int64_t>(series->process_counts.size());
}

double percent(double share) {
  // What is read as a figure needs no more than that.
  return std::round(share * 1e6) / 1e4;
}

std::string why_no_interval(std::string_view ended_by, std::int64_t processes) {
  if (ended_by == "one process") return "one process was asked for";
  if (ended_by == "alone") {
    return "one process took the whole budget, because as many as asked for would not fit";
  }
  return processes < 2 ? "fewer than two processes brought samples" : "the median is not positive";
}

Json stopping_json(const Record& record, Json counted, const RunOptions& options,
                   std::string_view ended_by, const std::optional<ProcessInterval>& interval) {
  const auto processes = processes_of(primary_of(record.subject, record.measurement));
  counted["series"] = primary_series(record.subject);
  counted["asked_percent"] = options.precision_percent;
  counted["processes"] = processes;
  counted["ended_by"] = ended_by;
  counted["reached_percent"] = nullptr;
  if (interval) {
    counted["reached_percent"] = percent(interval->half_width);
    counted["median_ns"] = interval->median;
    counted["interval_ns"] = {interval->interval.low, interval->interval.high};
    counted["confidence"] = kIntervalConfidence;
    counted["between_percent"] = percent(interval->between / interval->median);
    counted["within_percent"] = percent(interval->within / interval->median);
  } else {
    counted["why_no_interval"] = why_no_interval(ended_by, processes);
  }
  return counted;
}

Json stationarity_json(const Stationarity& found, double floor_percent) {
  Json json{{"judged", found.steadiness != Steadiness::too_few},
            {"batches", found.batches},
            {"batches_that_hang_together", found.block},
            {"false_alarm_rate", kFalseAlarmRate},
            {"floor_percent", floor_percent},
            {"found", "nothing"}};
  switch (found.steadiness) {
    case Steadiness::too_few:
      json["found"] = nullptr;
      json["why"] = fmt::format(
          "too few to judge: {}, of which {} hang together; it takes "
          "{} that do not",
          number_of(found.batches, "batch"), found.block, kLeastBatches);
      break;
    case Steadiness::steady:
      json["p_value"] = found.p_value;
      break;
    case Steadiness::trend:
      json["found"] = "trend";
      json["p_value"] = found.p_value;
      json["start_ns"] = found.start;
      json["end_ns"] = found.end;
      break;
    case Steadiness::levels:
      json["found"] = "levels";
      json["p_value"] = found.p_value;
      json["levels"] = Json::array();
      for (const auto& level : found.levels) {
        auto ranges = level.ranges;
        if (ranges.size() > kMostRanges) ranges.resize(kMostRanges);
        json["levels"].push_back({{"median_ns", level.median},
                                  {"samples", level.samples},
                                  {"stays", level.ranges.size()},
                                  {"ranges", ranges}});
      }
      break;
  }
  return json;
}

Contamination contamination_of(const Record& record) {
  return contamination_of(record.measurement, std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)),
                          record.subject.cache == "cold-disk");
}

Json contamination_json(const Contamination& contamination) {
  const ContaminationCriteria criteria;
  return {
      {"batches", contamination.batches},
      {"contaminated", contamination.contaminated},
      {"by", contamination.by},
      {"criterion",
       fmt::format("steal above {:g} % of the CPU time, more than 1 + {:g} a second involuntary "
                   "switches, a major fault, a clock below {:g} % of the case's median, or a "
                   "throttling",
                   100 * criteria.steal_share, criteria.switches_per_second,
                   100 * criteria.clock_share)},
      {"most_contaminated", criteria.most_contaminated}};
}

std::vector<std::string> noise_of(const Contamination& contamination, const RunOptions& options,
                                  std::string_view ended_by,
                                  const std::optional<ProcessInterval>& interval) {
  std::vector<std::string> why;
  if (contamination.share() > ContaminationCriteria{}.most_contaminated) {
    std::vector<std::string> causes;
    for (const auto& [cause, batches] : contamination.by) {
      causes.push_back(fmt::format("{} {}", cause, batches));
    }
    why.push_back(fmt::format("{} of {} contaminated ({})", contamination.contaminated,
                              number_of(contamination.batches, "batch"), fmt::join(causes, ", ")));
  }
  if (interval && (ended_by == "budget" || ended_by == "processes") &&
      interval->half_width * 100 > options.precision_percent) {
    why.push_back(fmt::format("±{} % reached of the ±{:g} % asked for",
                              format_value(interval->half_width * 100, "1"),
                              options.precision_percent));
  }
  return why;
}

std::string time_text(double ns) {
  return format_value(ns, "ns");
}

}  // namespace

std::optional<ProcessInterval> interval_of(const Case& subject, const Measurement& measurement) {
  const Series* series = primary_of(subject, measurement);
  if (series == nullptr || series->samples.empty()) return std::nullopt;
  return process_interval(series->samples, series->process_counts);
}

std::string stationarity_text(const Stationarity& found) {
  if (found.steadiness == Steadiness::trend) {
    return fmt::format("a trend: from {} at the start to {} at the end", time_text(found.start),
                       time_text(found.end));
  }
  if (found.steadiness != Steadiness::levels) return {};
  std::vector<const Level*> levels;
  double total = 0;
  std::size_t stays = 0;
  for (const auto& level : found.levels) {
    levels.push_back(&level);
    total += static_cast<double>(level.samples);
    stays += level.ranges.size();
  }
  std::ranges::sort(levels, {}, [](const Level* level) { return level->ranges.front().first; });
  const bool once = stays == levels.size();
  std::vector<std::string> parts;
  for (const auto* level : levels) {
    parts.push_back(fmt::format("{} ({}samples {} to {}, {:.0f} %)", time_text(level->median),
                                once ? "" : "first ", level->ranges.front().first,
                                level->ranges.front().second,
                                100 * static_cast<double>(level->samples) / total));
  }
  const std::string both = fmt::format("{}", fmt::join(parts, " and "));
  return once ? "two levels: " + both
              : fmt::format("flips {} times between two levels: {}", stays - 1, both);
}

void judge_record(Record& record, Json& details, const RunOptions& options,
                  std::string_view ended_by) {
  const Series* series = primary_of(record.subject, record.measurement);
  const auto interval = interval_of(record.subject, record.measurement);
  if (interval) {
    record.measurement.metrics["precision_percent"] = percent(interval->half_width);
  } else {
    record.measurement.metrics.erase("precision_percent");
  }
  details["stopping"] =
      stopping_json(record, details.value("stopping", Json::object()), options, ended_by, interval);
  if (series == nullptr || series->samples.empty()) return;

  const auto contamination = contamination_of(record);
  if (contamination.batches > 0) details["contamination"] = contamination_json(contamination);
  const auto why = noise_of(contamination, options, ended_by, interval);
  details["noise"] = {{"noisy", !why.empty()}, {"why", fmt::format("{}", fmt::join(why, "; "))}};

  if (!options.stationarity) {
    details["stationarity"] = {{"judged", false}, {"why", "switched off"}};
    return;
  }
  const auto found = judge_stationarity(series->samples, series->process_counts,
                                        options.stationarity_floor_percent / 100);
  details["stationarity"] = stationarity_json(found, options.stationarity_floor_percent);
  if (const auto text = stationarity_text(found); !text.empty()) {
    details["stationarity"]["text"] = text;
    if (record.outcome == Outcome::ok) {
      record.outcome = Outcome::mistrusted;
      record.reason = text;
    }
  }
}

bool wants_remeasuring(const Record& record, const RunOptions& options) {
  if (!options.remeasure_noisy || options.processes < 2 || record.outcome != Outcome::ok) {
    return false;
  }
  const auto details = Json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  if (!details.is_object() || details.contains("remeasured")) return false;
  const auto at = [&](const char* pointer) {
    const Json::json_pointer path(pointer);
    return details.contains(path) ? details.at(path) : Json();
  };
  return at("/noise/noisy") == Json(true) && at("/stopping/ended_by") != Json("alone");
}

}  // namespace ridgepoint

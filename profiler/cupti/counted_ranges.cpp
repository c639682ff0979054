#include "profiler/cupti/counted_ranges.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace ridgepoint {

std::string range_name(std::size_t number) {
  return std::to_string(number);
}

std::size_t range_number(const std::string& name) {
  std::size_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data(), end, number);
  return error == std::errc() && at == end ? number : std::string::npos;
}

bool take_values(CountedRange& range, std::span<const double> raw, const MetricSchedule& schedule) {
  range.values.clear();
  if (raw.size() != schedule.metrics.size()) return false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (!std::isfinite(raw[i]) || raw[i] < 0) {
      range.values.clear();
      return false;
    }
    range.values.push_back(raw[i] * schedule.metrics[i].factor);
  }
  return true;
}

bool is_share_of_time(const std::string& meaning) {
  return meaning.ends_with("_percent");
}

void CountSum::add(const std::string& meaning, double value, double weight) {
  Sum& sum = sums_[meaning];
  sum.value += is_share_of_time(meaning) ? value * weight : value;
  sum.weight += weight;
}

std::map<std::string, double> CountSum::values() const {
  std::map<std::string, double> all;
  for (const auto& [meaning, sum] : sums_) {
    if (!is_share_of_time(meaning)) {
      all[meaning] = sum.value;
    } else if (sum.weight > 0) {
      all[meaning] = sum.value / sum.weight;
    }
  }
  return all;
}

CountsOfOps sum_counts(std::span<const CountedRange> ranges, const MetricSchedule& schedule,
                       std::span<const SpanSource> sources, std::int64_t begin_ns,
                       std::int64_t end_ns) {
  const auto timed = std::ranges::find(schedule.metrics, kCountedTime, &ScheduledMetric::meaning);
  std::map<std::string, CountSum> sums;
  std::set<std::string> incomplete;
  for (const CountedRange& range : ranges) {
    if (range.begun_ns < begin_ns || range.begun_ns >= end_ns) continue;
    if (range.op.source >= sources.size()) continue;
    const auto& ids = sources[range.op.source].op_ids;
    if (range.op.op >= ids.size()) continue;
    const std::string& id = ids[range.op.op];
    if (range.values.size() != schedule.metrics.size()) {
      incomplete.insert(id);
      continue;
    }
    // Where no time was counted each turn is as good as another.
    const double weight =
        timed == schedule.metrics.end()
            ? 1
            : range.values[static_cast<std::size_t>(timed - schedule.metrics.begin())];
    for (std::size_t i = 0; i < range.values.size(); ++i) {
      sums[id].add(schedule.metrics[i].meaning, range.values[i], weight);
    }
  }
  for (const std::string& id : incomplete) sums.erase(id);
  CountsOfOps counts;
  for (const auto& [id, sum] : sums) counts.emplace(id, sum.values());
  return counts;
}

}  // namespace ridgepoint

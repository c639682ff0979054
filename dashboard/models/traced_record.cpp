// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/traced_record.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "profiler/span_recorder.h"
#include "results/op_family.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

using TimesByOp = std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>>;

/// Spans of one part that begin from `from_ns` to `to_ns`, summed by op; the rest of the part's
/// time to no op.
void add_part(const TimelineIndex& timeline, const TracedPart& part, std::int64_t from_ns,
              std::int64_t to_ns, TimesByOp& times) {
  std::map<std::uint32_t, std::int64_t> by_name;
  std::int64_t attributed_ns = 0;
  for (const TimelineLane& lane : timeline.lanes) {
    if (lane.line != kOpsTrack || lane.depth > 0) continue;
    const auto first = std::ranges::lower_bound(lane.begin_ns, from_ns);
    for (auto i = static_cast<std::size_t>(first - lane.begin_ns.begin());
         i < lane.size() && lane.begin_ns[i] < to_ns; ++i) {
      const std::int64_t length_ns = lane.end_ns[i] - lane.begin_ns[i];
      by_name[lane.names[i]] += length_ns;
      attributed_ns += length_ns;
    }
  }
  for (const auto& [name, sum_ns] : by_name) {
    times[{part.name, timeline.names[name]}].push_back(sum_ns);
  }
  times[{part.name, std::string()}].push_back(
      std::max<std::int64_t>(0, to_ns - from_ns - attributed_ns));
}

TimesByOp times_within(const TimelineIndex& timeline, const TraceRange& range) {
  TimesByOp times;
  for (const TracedPart& part : timeline.parts) {
    if (part.begin_ns < range.begin_ns || part.end_ns > range.end_ns) continue;
    add_part(timeline, part, part.begin_ns, part.end_ns, times);
  }
  if (!times.empty()) return times;
  for (const TracedPart& part : timeline.parts) {
    const std::int64_t from_ns = std::max(part.begin_ns, range.begin_ns);
    const std::int64_t to_ns = std::min(part.end_ns, range.end_ns);
    if (from_ns < to_ns) add_part(timeline, part, from_ns, to_ns, times);
  }
  return times;
}

}  // namespace

Record with_times_within(const TracedRecord& traced, const TraceRange& range) {
  Record record = traced.record;
  const TimesByOp times = times_within(traced.timeline, range);
  for (const char* metric : {"ttft_ns", "tpot_ns", "inter_token_ns", "run_ns"}) {
    record.measurement.metrics.erase(metric);
  }
  auto& rows = record.measurement.op_times;
  std::erase_if(rows, [&](OpTime& row) {
    const auto found = times.find({row.phase, row.op_id});
    if (found == times.end()) return true;
    const auto& values = found->second;
    const auto [least, most] = std::ranges::minmax(values);
    row.time_ns = std::llround(median(values));
    row.passes = static_cast<std::int64_t>(values.size());
    row.low_ns = least;
    row.high_ns = most;
    if (const auto interval = median_interval(values)) {
      row.low_ns = std::llround(interval->low);
      row.high_ns = std::llround(interval->high);
    }
    return false;
  });
  return record;
}

}  // namespace ridgepoint

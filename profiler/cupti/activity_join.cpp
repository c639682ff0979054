#include "profiler/cupti/activity_join.h"

#include <algorithm>
#include <string_view>

namespace ridgepoint {
namespace {

/// The innermost range that was open on a thread at a time, for calls in any order.
class OpenRanges {
 public:
  OpenRanges(const Activities& activities, std::span<const SpanSource> sources)
      : activities_(activities) {
    for (std::uint32_t s = 0; s < sources.size(); ++s) {
      for (std::uint32_t o = 0; o < sources[s].op_ids.size(); ++o) {
        ops_.emplace(sources[s].op_ids[o], OpPlace{s, o});
      }
    }
    for (const NvtxRange& range : activities.ranges) {
      if (range.end_ns > 0) ranges_.push_back(&range);
    }
    std::ranges::sort(ranges_, {}, &NvtxRange::begin_ns);
  }

  [[nodiscard]] std::optional<OpPlace> op_at(const CudaCall& call) const {
    auto range = std::ranges::upper_bound(ranges_, call.begin_ns, {}, &NvtxRange::begin_ns);
    // Ops do not overlap on a thread: a few steps back there is the one, or there is none.
    constexpr int kMostBack = 64;
    for (int back = 0; back < kMostBack && range != ranges_.begin(); ++back) {
      const NvtxRange& each = **--range;
      if (each.thread != call.thread || each.end_ns < call.begin_ns) continue;
      const auto found = ops_.find(activities_.names[each.name]);
      if (found != ops_.end()) return found->second;
    }
    return std::nullopt;
  }

 private:
  const Activities& activities_;
  std::unordered_map<std::string_view, OpPlace> ops_;
  std::vector<const NvtxRange*> ranges_;
};

}  // namespace

Joined join_activities(const Activities& activities, const NodeOps& nodes,
                       std::span<const SpanSource> sources) {
  Joined joined;
  const OpenRanges ranges(activities, sources);
  std::unordered_map<std::uint32_t, const CudaCall*> calls;
  for (const CudaCall& call : activities.calls) calls.emplace(call.correlation, &call);
  for (const DeviceActivity& each : activities.on_device) {
    std::optional<OpPlace> op;
    // A graph's nodes share the id of the launch, which says nothing of the node.
    if (each.graph_node != 0) {
      if (const auto node = nodes.find(each.graph_node); node != nodes.end()) {
        op = place_of(node->second);
        if (op) ++joined.by_node;
      }
    } else if (const auto id = activities.external.find(each.correlation);
               id != activities.external.end()) {
      op = place_of(id->second);
      if (op) ++joined.by_external;
    }
    if (!op && each.graph_node == 0) {
      if (const auto call = calls.find(each.correlation); call != calls.end()) {
        op = ranges.op_at(*call->second);
        if (op) ++joined.by_range;
      }
    }
    if (!op) ++joined.by_nothing;
    joined.activities.push_back({each, op});
  }
  std::ranges::stable_sort(joined.activities, {},
                           [](const JoinedActivity& each) { return each.activity.begin_ns; });
  return joined;
}

std::vector<Span> spans_of_ops(const Joined& joined) {
  std::vector<Span> spans;
  for (const JoinedActivity& each : joined.activities) {
    if (!each.op) continue;
    const DeviceActivity& activity = each.activity;
    if (!spans.empty() && spans.back().source == each.op->source &&
        spans.back().op == each.op->op) {
      spans.back().end_ns = std::max(spans.back().end_ns, activity.end_ns);
      continue;
    }
    const std::int64_t free_ns = spans.empty() ? activity.begin_ns : spans.back().end_ns;
    const std::int64_t begin_ns = std::max(activity.begin_ns, free_ns);
    spans.push_back({.begin_ns = begin_ns,
                     .end_ns = std::max(begin_ns, activity.end_ns),
                     .source = each.op->source,
                     .op = each.op->op});
  }
  return spans;
}

DeviceGaps gaps_between(std::span<const JoinedActivity> activities) {
  DeviceGaps gaps;
  if (activities.empty()) return gaps;
  std::int64_t until_ns = activities.front().activity.begin_ns;
  for (const JoinedActivity& each : activities) {
    const DeviceActivity& activity = each.activity;
    if (activity.begin_ns > until_ns) {
      const std::int64_t gap_ns = activity.begin_ns - until_ns;
      gaps.idle_ns += gap_ns;
      gaps.longest_ns = std::max(gaps.longest_ns, gap_ns);
      ++gaps.gaps;
    }
    until_ns = std::max(until_ns, activity.end_ns);
  }
  gaps.whole_ns = until_ns - activities.front().activity.begin_ns;
  gaps.busy_ns = gaps.whole_ns - gaps.idle_ns;
  return gaps;
}

}  // namespace ridgepoint

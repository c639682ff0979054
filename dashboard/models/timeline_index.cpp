// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/timeline_index.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "profiler/span_recorder.h"
#include "results/op_family.h"
#include "results/store/trace_of.h"

namespace ridgepoint {
namespace {

using Lane = TimelineLane;

std::int64_t length_of(const Lane& lane, std::size_t span) {
  return lane.end_ns[span] - lane.begin_ns[span];
}

Lane::Block finest_block(const Lane& lane, std::size_t first, std::size_t last) {
  Lane::Block block{lane.begin_ns[first], lane.end_ns[last - 1], 0, -1, 0};
  for (std::size_t i = first; i < last; ++i) {
    const std::int64_t length_ns = length_of(lane, i);
    block.busy_ns += length_ns;
    if (length_ns > block.longest_ns) {
      block.longest_ns = length_ns;
      block.longest = lane.names[i];
    }
  }
  return block;
}

void build_levels(Lane& lane) {
  lane.levels.clear();
  if (lane.size() == 0) return;
  std::vector<Lane::Block> finest;
  finest.reserve(lane.size() / Lane::kFinest + 1);
  for (std::size_t first = 0; first < lane.size(); first += Lane::kFinest) {
    finest.push_back(finest_block(lane, first, std::min(lane.size(), first + Lane::kFinest)));
  }
  lane.levels.push_back(std::move(finest));
  while (lane.levels.back().size() > Lane::kFactor) {
    const auto& below = lane.levels.back();
    std::vector<Lane::Block> above;
    above.reserve(below.size() / Lane::kFactor + 1);
    for (std::size_t first = 0; first < below.size(); first += Lane::kFactor) {
      Lane::Block block = below[first];
      const std::size_t last = std::min(below.size(), first + Lane::kFactor);
      for (std::size_t i = first + 1; i < last; ++i) {
        block.end_ns = below[i].end_ns;
        block.busy_ns += below[i].busy_ns;
        if (below[i].longest_ns > block.longest_ns) {
          block.longest_ns = below[i].longest_ns;
          block.longest = below[i].longest;
        }
      }
      above.push_back(block);
    }
    lane.levels.push_back(std::move(above));
  }
}

Lane lane_of(const std::string& line, int depth) {
  Lane lane;
  lane.line = line;
  lane.depth = depth;
  return lane;
}

/// Puts the spans of one line into as few lanes as they need: what begins while another is at work
/// lies below it.
void add_lanes(TracedLine&& line, const std::vector<std::vector<std::uint32_t>>& name_of,
               std::vector<Lane>& lanes) {
  std::vector<Span> spans = std::move(line.spans);
  const auto before = [](const Span& a, const Span& b) {
    return a.begin_ns != b.begin_ns ? a.begin_ns < b.begin_ns : a.end_ns > b.end_ns;
  };
  // They are kept in the order in which they ended.
  if (!std::ranges::is_sorted(spans, before)) std::ranges::sort(spans, before);
  const std::size_t first = lanes.size();
  lanes.push_back(lane_of(line.name, 0));
  lanes.back().begin_ns.reserve(spans.size());
  lanes.back().end_ns.reserve(spans.size());
  lanes.back().names.reserve(spans.size());
  for (const Span& span : spans) {
    std::size_t to = first;
    while (to < lanes.size() && lanes[to].size() > 0 && lanes[to].end_ns.back() > span.begin_ns) {
      ++to;
    }
    if (to == lanes.size()) {
      lanes.push_back(lane_of(line.name, static_cast<int>(to - first)));
    }
    const bool is_known = span.source < name_of.size() && span.op < name_of[span.source].size();
    lanes[to].begin_ns.push_back(span.begin_ns);
    lanes[to].end_ns.push_back(std::max(span.begin_ns, span.end_ns));
    lanes[to].names.push_back(is_known ? name_of[span.source][span.op] : 0);
  }
  for (std::size_t i = first; i < lanes.size(); ++i) build_levels(lanes[i]);
}

/// Goes down into the blocks of one lane and fills columns.
class Looker {
 public:
  Looker(const Lane& lane, double from_ns, double column_ns,
         const std::vector<std::vector<bool>>* matching, const std::vector<bool>* names_matching,
         std::span<TimelineColumn> columns, double wide, std::vector<std::uint32_t>& wide_spans)
      : lane_(lane),
        from_ns_(from_ns),
        per_ns_(1 / column_ns),
        matching_(matching),
        names_matching_(names_matching),
        columns_(columns),
        longest_(columns.size(), -1),
        wide_(wide),
        wide_spans_(wide_spans),
        end_(static_cast<double>(columns.size())) {}

  void look() {
    if (lane_.levels.empty()) return;
    const std::size_t top = lane_.levels.size() - 1;
    for (std::size_t i = 0; i < lane_.levels[top].size(); ++i) block(top, i);
  }

 private:
  [[nodiscard]] double column_of(std::int64_t at_ns) const {
    return (static_cast<double>(at_ns) - from_ns_) * per_ns_;
  }

  void block(std::size_t level, std::size_t at) {
    const Lane::Block& here = lane_.levels[level][at];
    const double first = column_of(here.begin_ns);
    const double last = column_of(here.end_ns);
    if (last <= 0 || first >= end_) return;
    if (last - first <= 1) {
      const double width = std::max(last - first, 1e-9);
      add(first, last, static_cast<double>(here.busy_ns) * per_ns_ / width, here.longest_ns,
          here.longest, matching_ != nullptr && (*matching_)[level][at]);
      return;
    }
    if (level > 0) {
      const std::size_t from = at * Lane::kFactor;
      const std::size_t to = std::min(lane_.levels[level - 1].size(), from + Lane::kFactor);
      for (std::size_t i = from; i < to; ++i) block(level - 1, i);
      return;
    }
    const std::size_t from = at * Lane::kFinest;
    const std::size_t to = std::min(lane_.size(), from + Lane::kFinest);
    for (std::size_t i = from; i < to; ++i) {
      const double begin = column_of(lane_.begin_ns[i]);
      const double end = column_of(lane_.end_ns[i]);
      if (end <= 0 || begin >= end_) continue;
      add(begin, end, 1, length_of(lane_, i), lane_.names[i],
          names_matching_ != nullptr && (*names_matching_)[lane_.names[i]]);
      if (end - begin >= wide_) wide_spans_.push_back(static_cast<std::uint32_t>(i));
    }
  }

  void add(double first, double last, double density, std::int64_t length_ns, std::uint32_t name,
           bool matches) {
    const auto from = static_cast<std::size_t>(std::max(first, 0.0));
    const auto to = static_cast<std::size_t>(std::min(std::max(last, 0.0), end_ - 1));
    for (std::size_t i = from; i <= to; ++i) {
      const double left = static_cast<double>(i);
      const double part = std::min(last, left + 1) - std::max(first, left);
      TimelineColumn& column = columns_[i];
      column.busy += static_cast<float>(std::max(part, 0.0) * density);
      column.matches = column.matches || matches;
      if (length_ns > longest_[i]) {
        longest_[i] = length_ns;
        column.name = name;
      }
    }
  }

  const Lane& lane_;
  double from_ns_, per_ns_;
  const std::vector<std::vector<bool>>* matching_;
  const std::vector<bool>* names_matching_;
  std::span<TimelineColumn> columns_;
  std::vector<std::int64_t> longest_;
  double wide_;
  std::vector<std::uint32_t>& wide_spans_;
  double end_;
};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
  });
  return lower;
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(lower_case(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// What each op of one phase does, by its place in the names; null where nobody knows.
std::vector<const OpTime*> work_by_name(std::span<const OpTime> ops, const std::string& phase,
                                        const std::unordered_map<std::string, std::uint32_t>& known,
                                        std::size_t names) {
  std::vector<const OpTime*> work(names, nullptr);
  for (const OpTime& op : ops) {
    const auto at = known.find(op.op_id);
    if (op.phase == phase && at != known.end()) work[at->second] = &op;
  }
  return work;
}

}  // namespace

TimelineIndex::TimelineIndex(Trace trace)
    : title(std::move(trace.title)), parts(std::move(trace.parts)) {
  for (TracedCounter& counter : trace.counters) {
    if (counter.points.empty()) continue;
    counters.push_back(std::make_shared<const CounterIndex>(std::move(counter)));
  }
  names.emplace_back("(unknown)");
  std::unordered_map<std::string, std::uint32_t> known;
  std::vector<std::vector<std::uint32_t>> name_of;
  for (const SpanSource& source : trace.sources) {
    auto& of_source = name_of.emplace_back();
    for (const std::string& op_id : source.op_ids) {
      const auto [at, is_new] = known.try_emplace(op_id, static_cast<std::uint32_t>(names.size()));
      if (is_new) names.push_back(op_id);
      of_source.push_back(at->second);
    }
  }
  for (TracedLine& line : trace.lines) {
    dropped += line.dropped;
    if (!line.spans.empty()) add_lanes(std::move(line), name_of, lanes);
  }
  std::ranges::stable_sort(parts, {}, &TracedPart::begin_ns);
  begin_ns = std::numeric_limits<std::int64_t>::max();
  end_ns = std::numeric_limits<std::int64_t>::min();
  for (const TimelineLane& lane : lanes) {
    spans += static_cast<std::int64_t>(lane.size());
    begin_ns = std::min(begin_ns, lane.begin_ns.front());
    end_ns = std::max(end_ns, lane.levels.back().back().end_ns);
  }
  for (const TracedPart& part : parts) {
    begin_ns = std::min(begin_ns, part.begin_ns);
    end_ns = std::max(end_ns, part.end_ns);
  }
  if (begin_ns >= end_ns) {
    begin_ns = 0;
    end_ns = 1;
  }
}

void TimelineIndex::add_work_rates(std::span<const OpTime> ops) {
  const auto lane = std::ranges::find(lanes, std::string(kOpsTrack), &TimelineLane::line);
  if (lane == lanes.end()) return;
  std::unordered_map<std::string, std::uint32_t> known;
  for (std::uint32_t i = 1; i < names.size(); ++i) known.try_emplace(names[i], i);
  std::map<std::string, std::vector<const OpTime*>> work;
  std::vector<float> bytes(lane->size()), flops(lane->size());
  std::vector<float> times(names.size());
  for (const TracedPart& part : parts) {
    if (!work.contains(part.name)) {
      work[part.name] = work_by_name(ops, part.name, known, names.size());
    }
    const auto& of_phase = work[part.name];
    const auto place = [&](std::int64_t at_ns) {
      return static_cast<std::size_t>(std::ranges::lower_bound(lane->begin_ns, at_ns) -
                                      lane->begin_ns.begin());
    };
    const std::size_t first = place(part.begin_ns), last = place(part.end_ns);
    // The pieces of a long prompt run an op several times: its work is that of all of them.
    for (std::size_t i = first; i < last; ++i) times[lane->names[i]] += 1;
    for (std::size_t i = first; i < last; ++i) {
      const OpTime* op = of_phase[lane->names[i]];
      const std::int64_t length_ns = length_of(*lane, i);
      if (op == nullptr || length_ns <= 0) continue;
      const double per_second = 1e9 / static_cast<double>(length_ns) / times[lane->names[i]];
      bytes[i] = static_cast<float>(op->work_bytes * per_second);
      flops[i] = static_cast<float>(op->work_flops * per_second);
    }
    for (std::size_t i = first; i < last; ++i) times[lane->names[i]] = 0;
  }
  const auto counter_of = [&](std::string_view name, const char* unit, std::vector<float> rates) {
    return std::make_shared<const CounterIndex>(name, unit, lane->begin_ns, lane->end_ns,
                                                std::move(rates));
  };
  counters.insert(counters.begin(), {counter_of(kWorkBytesCounter, "bytes/s", std::move(bytes)),
                                     counter_of(kWorkFlopsCounter, "FLOP/s", std::move(flops))});
}

TimelineIndex TimelineIndex::by_op() const {
  TimelineIndex arranged{Trace()};
  arranged.title = title;
  arranged.names = names;
  arranged.parts = parts;
  arranged.counters = counters;
  arranged.begin_ns = begin_ns;
  arranged.end_ns = end_ns;
  arranged.spans = spans;
  arranged.dropped = dropped;
  std::vector<TracedLine> lines;
  std::vector<std::size_t> line_of;
  std::unordered_map<std::string, std::size_t> known;
  for (const std::string& name : names) {
    const auto [at, is_new] = known.try_emplace(op_family(name), lines.size());
    if (is_new) lines.push_back({at->first, {}, 0});
    line_of.push_back(at->second);
  }
  std::vector<std::size_t> counts(lines.size());
  std::vector<std::int64_t> busy_ns(lines.size());
  for (const TimelineLane& lane : lanes) {
    for (std::size_t i = 0; i < lane.size(); ++i) {
      ++counts[line_of[lane.names[i]]];
      busy_ns[line_of[lane.names[i]]] += length_of(lane, i);
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].spans.reserve(counts[i]);
  for (const TimelineLane& lane : lanes) {
    for (std::size_t i = 0; i < lane.size(); ++i) {
      lines[line_of[lane.names[i]]].spans.push_back(
          {lane.begin_ns[i], lane.end_ns[i], 0, lane.names[i]});
    }
  }
  std::vector<std::vector<std::uint32_t>> name_of(1);
  for (std::uint32_t i = 0; i < names.size(); ++i) name_of[0].push_back(i);
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::size_t line) { return busy_ns[line]; });
  for (const std::size_t line : order) {
    if (!lines[line].spans.empty()) add_lanes(std::move(lines[line]), name_of, arranged.lanes);
  }
  return arranged;
}

void TimelineIndex::look(const TimelineLane& lane, double from_ns, double column_ns,
                         const std::vector<std::vector<bool>>* matching,
                         const std::vector<bool>* names_matching, std::span<TimelineColumn> columns,
                         double wide, std::vector<std::uint32_t>& wide_spans) const {
  if (columns.empty()) return;
  Looker(lane, from_ns, column_ns, matching, names_matching, columns, wide, wide_spans).look();
}

TimelineMatches TimelineIndex::matches_of(std::vector<bool> wanted) const {
  TimelineMatches matches{std::move(wanted), {}, 0};
  for (const TimelineLane& lane : lanes) {
    auto& levels = matches.blocks.emplace_back();
    for (const auto& level : lane.levels) levels.emplace_back(level.size());
    for (std::size_t i = 0; i < lane.size(); ++i) {
      if (!matches.names[lane.names[i]]) continue;
      ++matches.count;
      levels.front()[i / TimelineLane::kFinest] = true;
    }
    for (std::size_t level = 1; level < levels.size(); ++level) {
      for (std::size_t i = 0; i < levels[level - 1].size(); ++i) {
        if (levels[level - 1][i]) levels[level][i / TimelineLane::kFactor] = true;
      }
    }
  }
  return matches;
}

TimelineMatches TimelineIndex::find(std::string_view text) const {
  const auto words = words_in(text);
  std::vector<bool> wanted(names.size());
  bool some = false;
  for (std::size_t i = 0; i < names.size() && !words.empty(); ++i) {
    const std::string name = lower_case(names[i]);
    wanted[i] = std::ranges::all_of(
        words, [&](const std::string& word) { return name.find(word) != std::string::npos; });
    some = some || wanted[i];
  }
  if (!some) return {};
  return matches_of(std::move(wanted));
}

TimelineMatches TimelineIndex::find_op(std::string_view op_id) const {
  if (op_id.empty()) return {};
  const bool of_layers = op_id.find('*') != std::string_view::npos;
  std::vector<bool> wanted(names.size());
  bool any = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    wanted[i] = of_layers ? op_family(names[i]) == op_id : names[i] == op_id;
    any = any || wanted[i];
  }
  return any ? matches_of(std::move(wanted)) : TimelineMatches();
}

std::optional<TimelineSpan> TimelineIndex::next_match(const TimelineMatches& matches,
                                                      std::int64_t at_ns, bool forward) const {
  std::optional<TimelineSpan> best;
  if (!matches.any()) return best;
  const auto is_nearer = [&](std::int64_t begin) {
    if (!best) return true;
    const std::int64_t found = lanes[best->lane].begin_ns[best->span];
    return forward ? begin < found : begin > found;
  };
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    const TimelineLane& lane = lanes[l];
    const auto& blocks = matches.blocks[l].front();
    const auto is_match = [&](std::size_t i) { return matches.names[lane.names[i]]; };
    if (forward) {
      const auto after = std::ranges::upper_bound(lane.begin_ns, at_ns);
      auto i = static_cast<std::size_t>(after - lane.begin_ns.begin());
      while (i < lane.size() && !is_match(i)) {
        ++i;
        while (i % TimelineLane::kFinest == 0 && i < lane.size() &&
               !blocks[i / TimelineLane::kFinest]) {
          i += TimelineLane::kFinest;
        }
      }
      if (i < lane.size() && is_nearer(lane.begin_ns[i])) best = TimelineSpan{l, i};
      continue;
    }
    const auto from = std::ranges::lower_bound(lane.begin_ns, at_ns);
    auto i = static_cast<std::size_t>(from - lane.begin_ns.begin());  // one past
    while (i > 0 && !is_match(i - 1)) {
      --i;
      while (i > 0 && i % TimelineLane::kFinest == 0 && !blocks[i / TimelineLane::kFinest - 1]) {
        i -= TimelineLane::kFinest;
      }
    }
    if (i > 0 && is_nearer(lane.begin_ns[i - 1])) best = TimelineSpan{l, i - 1};
  }
  return best;
}

std::optional<TimelineSpan> TimelineIndex::span_at(std::size_t lane, std::int64_t at_ns) const {
  if (lane >= lanes.size()) return std::nullopt;
  const TimelineLane& in = lanes[lane];
  const auto after = std::ranges::upper_bound(in.begin_ns, at_ns);
  if (after == in.begin_ns.begin()) return std::nullopt;
  const auto i = static_cast<std::size_t>(after - in.begin_ns.begin()) - 1;
  if (in.end_ns[i] < at_ns) return std::nullopt;
  return TimelineSpan{lane, i};
}

std::vector<RangeOp> TimelineIndex::within(std::int64_t from_ns, std::int64_t to_ns) const {
  // The first stands for no part.
  std::vector<std::string> phases{std::string()};
  std::vector<std::size_t> phase_of_part;
  phase_of_part.reserve(parts.size());
  for (const TracedPart& part : parts) {
    const auto known = std::find(phases.begin() + 1, phases.end(), part.name);
    phase_of_part.push_back(static_cast<std::size_t>(known - phases.begin()));
    if (known == phases.end()) phases.push_back(part.name);
  }
  std::vector<PhaseSpans> found(phases.size() * names.size());
  for (const TimelineLane& lane : lanes) {
    const auto first = std::ranges::lower_bound(lane.begin_ns, from_ns) - lane.begin_ns.begin();
    const auto last = std::ranges::lower_bound(lane.begin_ns, to_ns) - lane.begin_ns.begin();
    std::size_t begun = 0;  // parts that begin no later than the span
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
      const std::int64_t at_ns = lane.begin_ns[i];
      while (begun < parts.size() && parts[begun].begin_ns <= at_ns) ++begun;
      const bool inside = begun > 0 && at_ns < parts[begun - 1].end_ns;
      const std::size_t phase = inside ? phase_of_part[begun - 1] : 0;
      PhaseSpans& spans_of = found[phase * names.size() + lane.names[i]];
      ++spans_of.count;
      spans_of.busy_ns += length_of(lane, i);
    }
  }
  std::vector<RangeOp> ops;
  for (std::size_t name = 0; name < names.size(); ++name) {
    RangeOp op{.name = static_cast<std::uint32_t>(name)};
    for (std::size_t phase = 0; phase < phases.size(); ++phase) {
      const PhaseSpans& part = found[phase * names.size() + name];
      if (part.count == 0) continue;
      op.count += part.count;
      op.busy_ns += part.busy_ns;
      op.phases[phases[phase]] = part;
    }
    if (op.count > 0) ops.push_back(std::move(op));
  }
  std::ranges::stable_sort(ops, std::ranges::greater(), &RangeOp::busy_ns);
  return ops;
}

const TracedPart* TimelineIndex::part_at(std::int64_t at_ns) const {
  const auto after = std::ranges::upper_bound(parts, at_ns, {}, &TracedPart::begin_ns);
  if (after == parts.begin()) return nullptr;
  const TracedPart& part = *std::prev(after);
  return at_ns < part.end_ns ? &part : nullptr;
}

}  // namespace ridgepoint

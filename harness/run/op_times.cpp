#include "harness/run/op_times.h"

#include <algorithm>
#include <cmath>

#include "results/op_family.h"
#include "results/statistics/quantile.h"
#include "workloads/graph/fused_op_id.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

struct MedianTime {
  std::int64_t median_ns = 0, low_ns = 0, high_ns = 0;
};

/// One value a pass: `values` may lack the last ones, in which the op did not run.
MedianTime median_over(std::vector<std::int64_t> values, std::size_t passes) {
  values.resize(passes);
  const auto [least, most] = std::ranges::minmax(values);
  MedianTime time{std::llround(median(values)), least, most};
  if (const auto interval = median_interval(values)) {
    time.low_ns = std::llround(interval->low);
    time.high_ns = std::llround(interval->high);
  }
  return time;
}

/// Of the weight that most bytes are read of; empty without weights.
std::string weight_type_of(const Graph& graph, const Node& node) {
  std::int64_t most = 0;
  std::string type;
  for (const ValueId input : node.inputs) {
    const Value& value = graph.value(input);
    if (value.role != Role::weight || bytes_of(value) <= most) continue;
    most = bytes_of(value);
    type = name_of(value.type);
  }
  return type;
}

/// Activation bytes that `members`, computed as one, need not move: what one of them writes and
/// only others of them read, and what several of them read.
double saved_by_fusing(const Graph& graph, const std::vector<const Node*>& members) {
  std::map<ValueId, std::int64_t> reads_inside, reads;
  for (const Node& node : graph.nodes()) {
    const bool is_member = std::ranges::find(members, &node) != members.end();
    for (const ValueId input : node.inputs) {
      ++reads[input];
      if (is_member) ++reads_inside[input];
    }
  }
  double saved = 0;
  for (const auto& [id, count] : reads_inside) {
    const Value& value = graph.value(id);
    if (value.role == Role::weight || value.role == Role::cache || graph.storage(id) != id)
      continue;
    const bool made_inside = std::ranges::find(members, id, &Node::output) != members.end();
    const bool stays_inside = made_inside && value.role == Role::activation && reads[id] == count;
    const std::int64_t needless = stays_inside ? count + 1 : made_inside ? count : count - 1;
    saved += static_cast<double>(needless) * static_cast<double>(bytes_of(value));
  }
  return saved;
}

}  // namespace

OpTimes::OpTimes(std::vector<CasePhase> phases, bool with_work) {
  for (CasePhase& phase : phases) {
    PhaseRows rows{.phase = std::move(phase),
                   .ops = {},
                   .places = {},
                   .known = {},
                   .not_attributed_ns = {},
                   .has_spans = false};
    for (const Node& node : rows.phase.graph.nodes()) {
      Row op;
      op.row.phase = rows.phase.name;
      op.row.op_id = node.op_id;
      op.row.op = name_of(node.op);
      if (with_work) {
        const Work work = rows.phase.graph.work(node, rows.phase.past);
        op.row.work_flops = static_cast<double>(work.flops);
        op.row.work_bytes = static_cast<double>(work.bytes());
        op.row.weight_bytes = static_cast<double>(work.weight_bytes);
        op.row.kv_bytes = static_cast<double>(work.kv_bytes);
        op.row.activation_bytes = static_cast<double>(work.activation_bytes);
        op.row.weight_type = weight_type_of(rows.phase.graph, node);
      }
      rows.places.emplace(node.op_id, rows.ops.size());
      rows.ops.push_back(std::move(op));
    }
    phases_.push_back(std::move(rows));
  }
}

OpTimes::Row OpTimes::row_of_fused(const PhaseRows& rows, const std::string& op_id) {
  Row fused;
  fused.row.phase = rows.phase.name;
  fused.row.op_id = op_id;
  std::vector<const Node*> nodes;
  double widest = 0;
  for (const std::string& member : members_of(op_id)) {
    const auto found = rows.places.find(member);
    if (found == rows.places.end() || found->second >= rows.phase.graph.nodes().size()) continue;
    const OpTime& op = rows.ops[found->second].row;
    if (fused.row.op.empty()) fused.row.op = op.op;
    fused.row.work_flops += op.work_flops;
    fused.row.weight_bytes += op.weight_bytes;
    fused.row.kv_bytes += op.kv_bytes;
    fused.row.activation_bytes += op.activation_bytes;
    if (op.weight_bytes > widest) {
      widest = op.weight_bytes;
      fused.row.weight_type = op.weight_type;
    }
    nodes.push_back(&rows.phase.graph.nodes()[found->second]);
  }
  const double saved = saved_by_fusing(rows.phase.graph, nodes);
  fused.row.activation_bytes = std::max(0.0, fused.row.activation_bytes - saved);
  fused.row.work_bytes = fused.row.weight_bytes + fused.row.kv_bytes + fused.row.activation_bytes;
  return fused;
}

std::size_t OpTimes::place_of(PhaseRows& rows, const SpanRecorder& recorder, const Span& span) {
  const auto key = std::pair(span.source, span.op);
  if (const auto found = rows.known.find(key); found != rows.known.end()) return found->second;
  const std::string& op_id = recorder.sources()[span.source].op_ids.at(span.op);
  const auto [place, is_new] = rows.places.emplace(op_id, rows.ops.size());
  if (is_new) {
    rows.ops.push_back(row_of_fused(rows, op_id));
  }
  rows.known.emplace(key, place->second);
  return place->second;
}

void OpTimes::add_pass(std::string_view phase, const SpanRecorder& recorder, std::int64_t begin_ns,
                       std::int64_t end_ns) {
  const auto rows = std::ranges::find(
      phases_, phase, [](const PhaseRows& each) { return std::string_view(each.phase.name); });
  const SpanTrack* track = recorder.find_track(kOpsTrack);
  if (rows == phases_.end() || track == nullptr) return;
  const auto spans = track->spans();
  // What was dropped came after the last that was kept.
  if (track->dropped() > 0 && (spans.empty() || spans.back().end_ns < end_ns)) return;

  const std::size_t pass = rows->not_attributed_ns.size();
  std::int64_t attributed_ns = 0;
  auto span = std::ranges::lower_bound(spans, begin_ns, {}, &Span::begin_ns);
  for (; span != spans.end() && span->begin_ns < end_ns; ++span) {
    auto& times_ns = rows->ops[place_of(*rows, recorder, *span)].times_ns;
    times_ns.resize(pass + 1);
    times_ns.back() += span->end_ns - span->begin_ns;
    attributed_ns += span->end_ns - span->begin_ns;
    rows->has_spans = true;
  }
  rows->not_attributed_ns.push_back(std::max<std::int64_t>(0, end_ns - begin_ns - attributed_ns));
}

std::vector<OpTime> OpTimes::rows() const {
  std::vector<OpTime> all;
  for (const PhaseRows& rows : phases_) {
    if (!rows.has_spans) continue;
    const std::size_t passes = rows.not_attributed_ns.size();
    const auto add = [&](OpTime row, const std::vector<std::int64_t>& times_ns) {
      const MedianTime time = median_over(times_ns, passes);
      row.time_ns = time.median_ns;
      row.low_ns = time.low_ns;
      row.high_ns = time.high_ns;
      row.passes = static_cast<std::int64_t>(passes);
      all.push_back(std::move(row));
    };
    for (const Row& op : rows.ops) {
      if (!op.times_ns.empty()) add(op.row, op.times_ns);
    }
    OpTime rest;
    rest.phase = rows.phase.name;
    rest.op = kNotAttributed;
    add(std::move(rest), rows.not_attributed_ns);
  }
  return all;
}

}  // namespace ridgepoint

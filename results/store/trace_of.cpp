#include "results/store/trace_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "results/store/trace_codec.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using WorkByOp = std::map<std::pair<std::string, std::string>, const OpTime*>;

/// The spans of one line that begin within one part.
std::span<const Span> spans_within(const TracedPart& part, std::span<const Span> spans) {
  const auto first = std::ranges::lower_bound(spans, part.begin_ns, {}, &Span::begin_ns);
  const auto last = std::ranges::lower_bound(spans, part.end_ns, {}, &Span::begin_ns);
  return spans.subspan(static_cast<std::size_t>(first - spans.begin()),
                       static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, last - first)));
}

const std::string* op_id_of(const Trace& trace, const Span& span) {
  if (span.source >= trace.sources.size()) return nullptr;
  const auto& op_ids = trace.sources[span.source].op_ids;
  return span.op < op_ids.size() ? &op_ids[span.op] : nullptr;
}

/// What the ops of one part did, a second. The pieces of a long prompt run an op several times:
/// its work is that of all of them, in equal shares.
void add_points(std::span<const Span> spans, const TracedPart& part, const Trace& trace,
                const WorkByOp& work, TracedCounter& bytes, TracedCounter& flops) {
  std::map<std::string_view, double> times;
  for (const Span& span : spans) {
    if (const auto* op_id = op_id_of(trace, span)) times[*op_id] += 1;
  }
  std::int64_t last_end_ns = 0;
  const auto idle = [&](std::int64_t at_ns) {
    bytes.points.push_back({at_ns, 0});
    flops.points.push_back({at_ns, 0});
  };
  for (const Span& span : spans) {
    const std::string* op_id = op_id_of(trace, span);
    if (op_id == nullptr || span.end_ns <= span.begin_ns) continue;
    const auto found = work.find({part.name, *op_id});
    const double per_second =
        1e9 / static_cast<double>(span.end_ns - span.begin_ns) / times[*op_id];
    if (span.begin_ns > last_end_ns && last_end_ns > 0) idle(last_end_ns);
    const bool is_known = found != work.end();
    bytes.points.push_back({span.begin_ns, is_known ? found->second->work_bytes * per_second : 0});
    flops.points.push_back({span.begin_ns, is_known ? found->second->work_flops * per_second : 0});
    last_end_ns = span.end_ns;
  }
  if (last_end_ns > 0) idle(last_end_ns);
}

/// What the hardware of a GPU sampled during a pass of its own (harness/run/gpu_passes.h).
void add_sampled(const Record& record, std::vector<TracedCounter>& counters) {
  const auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json::json_pointer place("/op_times/gpu/sampled");
  if (details.is_discarded() || !details.contains(place)) return;
  const auto& sampled = details.at(place);
  if (!sampled.is_object() || !sampled.contains("at_ns") || !sampled.contains("begin_ns")) return;
  const auto& at_ns = sampled.at("at_ns");
  for (const auto& [meaning, values] : sampled.items()) {
    if (meaning == "at_ns" || !values.is_array() || values.size() != at_ns.size()) continue;
    const bool is_rate = meaning.ends_with("_bytes");
    TracedCounter counter{"sampled " + meaning, is_rate ? "bytes/s" : "%", {}};
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].is_number() || !at_ns[i].is_number_integer()) return;
      counter.points.push_back(
          {sampled.at("begin_ns").get<std::int64_t>() + at_ns[i].get<std::int64_t>(),
           values[i].get<double>()});
    }
    counters.push_back(std::move(counter));
  }
}

}  // namespace

Trace kept_trace_of(const Record& record) {
  if (record.measurement.trace.empty()) {
    if (record.subject.workload == "imported") {
      throw Error(fmt::format(
          "case {} ({}): an import has no spans: what other programs write says nothing of single "
          "ops; choose a case that was measured here",
          record.ordinal, label(record.subject)));
    }
    throw Error(fmt::format(
        "case {} ({}): no spans were kept; measure it with: ridgepoint profile, or run --profile",
        record.ordinal, label(record.subject)));
  }
  Trace trace;
  try {
    trace = decode_trace(record.measurement.trace);
  } catch (const Error& problem) {
    throw UnreadableTrace(
        fmt::format("case {} ({}): {}", record.ordinal, label(record.subject), problem.what()));
  }
  add_sampled(record, trace.counters);
  return trace;
}

Trace trace_of(const Record& record) {
  Trace trace = kept_trace_of(record);
  WorkByOp work;
  for (const OpTime& op : record.measurement.op_times) work[{op.phase, op.op_id}] = &op;
  TracedCounter bytes{std::string(kWorkBytesCounter), "bytes/s", {}};
  TracedCounter flops{std::string(kWorkFlopsCounter), "FLOP/s", {}};
  const auto ops = std::ranges::find(trace.lines, std::string(kOpsTrack), &TracedLine::name);
  if (ops != trace.lines.end()) {
    for (TracedCounter* counter : {&bytes, &flops}) {
      counter->points.reserve(ops->spans.size() + 2 * trace.parts.size());
    }
    for (const TracedPart& part : trace.parts) {
      add_points(spans_within(part, ops->spans), part, trace, work, bytes, flops);
    }
  }
  std::vector<TracedCounter> kept = std::exchange(trace.counters, {});
  trace.counters = {std::move(bytes), std::move(flops)};
  std::ranges::move(kept, std::back_inserter(trace.counters));
  return trace;
}

}  // namespace ridgepoint

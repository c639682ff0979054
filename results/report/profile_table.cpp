#include "results/report/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "results/op_family.h"
#include "results/report/op_table.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/roofline/op_groups.h"

namespace ridgepoint {
namespace {

std::string amount(double value, std::string_view unit) {
  return value > 0 ? format_value(value, unit) : std::string();
}

std::vector<std::string> row_of_op(const roofline::OpGroup& group) {
  const double bytes = group.work.bytes();
  return {group.count > 1 ? fmt::format("{} x{}", group.name, group.count) : group.name,
          format_value(group.time_ns.value, "ns"),
          fmt::format("{:.1f} %", 100 * group.share),
          amount(group.work.flops, "FLOP"),
          amount(group.work.weight_bytes, "bytes"),
          amount(group.work.kv_bytes, "bytes"),
          amount(group.work.activation_bytes, "bytes"),
          level_text(group.bytes_by_level),
          bytes > 0 ? fmt::format("{:.3g}", group.work.flops / bytes) : std::string(),
          group.unit.empty() ? std::string() : format_value(group.attained.value, group.unit),
          group.unit.empty() ? std::string() : share_text(group.share_of_roof),
          group.mistrusted > 0 ? fmt::format("mistrusted: {} of {}", group.mistrusted, group.count)
                               : group.bound_by};
}

/// Columns of what counters said of an op.
std::vector<std::string> counted_cells(const roofline::OpGroup& group) {
  return {group.counted_bytes ? format_value(*group.counted_bytes, "bytes") : std::string(),
          group.amplification ? fmt::format("{:.2f}", *group.amplification) : std::string(),
          group.counted_flops ? format_value(*group.counted_flops, "FLOP") : std::string()};
}

bool was_counted(const roofline::OpGroup& group) {
  return group.counted_bytes.has_value() || group.counted_flops.has_value();
}

std::string controllers_text(const roofline::ProfiledPhase& phase) {
  std::string text;
  for (const auto& [meaning, bytes] : phase.controllers) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", meaning, format_value(bytes, "bytes"));
  }
  return text.empty() ? text : fmt::format("memory controllers, of the whole machine: {}\n", text);
}

std::string utilisation_text(const roofline::ProfiledPhase& phase) {
  std::string text;
  if (phase.mfu) text += fmt::format("; MFU {} of {}", share_text(*phase.mfu), phase.peak);
  if (phase.mbu) text += fmt::format("; MBU {} of {}", share_text(*phase.mbu), phase.level);
  if (phase.amplification) {
    text += fmt::format("; {:.2f} times the compulsory bytes", phase.amplification->value);
  }
  return text;
}

std::string untraced_text(const roofline::ProfiledPhase& phase) {
  if (!(phase.time_ns.value > 0)) return {};
  std::string text = fmt::format(": {} untraced", format_value(phase.time_ns.value, "ns"));
  if (phase.trace_overhead > 0) {
    text += fmt::format(", traced {:.3f} times that", phase.trace_overhead);
  }
  return text;
}

std::string phase_text(const roofline::ProfiledPhase& phase, std::size_t most) {
  std::string text =
      fmt::format("\n{}{}{}\n", phase.name, untraced_text(phase), utilisation_text(phase));
  std::vector<std::vector<std::string>> table = {{"op", "time", "share", "FLOPs", "weights", "KV",
                                                  "activations", "bytes from", "FLOP/byte",
                                                  "attained", "of its roof", "bound by"}};
  const auto groups = grouped(phase);
  const bool any_counted = std::ranges::any_of(groups, was_counted);
  if (any_counted) {
    for (const char* title : {"counted bytes", "over least", "counted FLOPs"}) {
      table.front().emplace_back(title);
    }
  }
  double others = 0;
  std::string causes;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i < most) {
      table.push_back(row_of_op(groups[i]));
      if (any_counted)
        std::ranges::copy(counted_cells(groups[i]), std::back_inserter(table.back()));
    } else {
      others += groups[i].share;
    }
    if (groups[i].mistrusted > 0) {
      causes += fmt::format("mistrusted: {}: {}\n", groups[i].name, groups[i].cause);
    }
  }
  text += align(table);
  if (groups.size() > most) {
    text += fmt::format("{} other ops: {:.1f} %\n", groups.size() - most, 100 * others);
  }
  text += fmt::format("{} {}\n", kNotAttributed, format_value(phase.not_attributed_ns, "ns"));
  return text + controllers_text(phase) + causes;
}

std::string provenance_text(const roofline::Provenance& provenance) {
  std::string text = fmt::format("\nbytes {}, FLOPs {}", provenance.bytes, provenance.flops);
  if (!provenance.why_not_counted.empty()) {
    text += fmt::format("; counted: absent, {}", provenance.why_not_counted);
  }
  if (!provenance.counted_bytes.empty()) {
    text += fmt::format("\ncounted bytes: {}", provenance.counted_bytes);
  }
  if (!provenance.counted_flops.empty()) {
    text += fmt::format("\ncounted FLOPs: {}", provenance.counted_flops);
  } else if (!provenance.why_no_flops.empty() &&
             provenance.why_no_flops != provenance.why_not_counted) {
    text += fmt::format("\ncounted FLOPs: absent, {}", provenance.why_no_flops);
  }
  return text;
}

std::string head_of(const roofline::CaseProfile& profile) {
  std::string text = fmt::format("roofs: ceilings of run {}, {}", profile.ceilings_run.substr(0, 8),
                                 time_text(profile.ceilings_unix_ns));
  if (!profile.note.empty()) text += "; " + profile.note;
  text += provenance_text(profile.provenance);
  if (profile.trace_overhead) {
    text += fmt::format("\na traced pass takes {:.3f} times an untraced one, end to end",
                        *profile.trace_overhead);
  }
  return text + "\n";
}

}  // namespace

std::string share_text(const roofline::Range& share) {
  const auto percent = [](double part) {
    return part < 0.0995 ? fmt::format("{:.1f}", 100 * part) : fmt::format("{:.0f}", 100 * part);
  };
  const std::string low = percent(share.low), high = percent(share.high);
  if (share.high - share.low < 0.01 || low == high) return percent(share.value) + " %";
  return fmt::format("{} to {} %", low, high);
}

std::string level_text(const std::map<std::string, double>& bytes_by_level) {
  std::vector<std::pair<std::string, double>> levels(bytes_by_level.begin(), bytes_by_level.end());
  std::ranges::stable_sort(levels, std::ranges::greater(), &std::pair<std::string, double>::second);
  std::string text;
  for (const auto& [level, bytes] : levels) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", level, format_value(bytes, "bytes"));
  }
  return text;
}

std::string why_no_profile(const Record& record) {
  if (record.subject.workload == "imported") return std::string(kImportsHaveNoOps);
  const auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  const auto absent = [&](const char* key) -> std::string {
    const auto found = details.is_object() ? details.find(key) : details.end();
    if (found == details.end() || !found->is_object()) return {};
    const auto why = found->find("absent");
    return why != found->end() && why->is_string() ? why->get<std::string>() : std::string();
  };
  // Passes that are traced follow those that are timed: what ended these is why there are none.
  const std::string outcome = record.outcome == Outcome::ok || !record.measurement.op_times.empty()
                                  ? std::string()
                                  : fmt::format("{}: {}", name_of(record.outcome), record.reason);
  const bool came_out = record.outcome == Outcome::ok || record.outcome == Outcome::wrong ||
                        record.outcome == Outcome::mistrusted;
  if (!outcome.empty() && !came_out) return outcome;
  const auto with_outcome = [&](const std::string& why) {
    return outcome.empty() ? why : fmt::format("{}; {}", outcome, why);
  };
  if (const auto why = absent("op_times"); !why.empty()) return with_outcome(why);
  if (const auto why = absent("roofline"); !why.empty()) return with_outcome(why);
  return with_outcome(record.measurement.op_times.empty()
                          ? "no op was traced"
                          : "it was not profiled: ridgepoint profile");
}

std::string profile_table(const RunWithRecords& data, std::size_t most,
                          const ProfileOf& profile_of) {
  std::string text;
  for (const Record& record : data.records) {
    text += fmt::format("\n{}  {}\n", record.ordinal, label(record.subject));
    const auto profile = profile_of(record);
    if (!profile) {
      text += fmt::format("no profile: {}\n", profile.why());
      continue;
    }
    text += head_of(profile.value());
    for (const auto& phase : profile.value().phases) text += phase_text(phase, most);
  }
  return text;
}

}  // namespace ridgepoint

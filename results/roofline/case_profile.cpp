#include "results/roofline/case_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "profiler/perf/counted_figures.h"
#include "results/op_family.h"

namespace ridgepoint::roofline {
namespace {

/// Fewer ops than this say nothing of what an op takes that does nothing.
constexpr std::size_t kFewestForFixed = 5;
constexpr std::string_view kCountedFlops = "flops";

/// The metric that is a phase's time in an untraced pass.
std::optional<double> untraced_ns(const Record& record, std::string_view phase) {
  const auto metric = [&](const char* name) -> std::optional<double> {
    const auto found = record.measurement.metrics.find(name);
    if (found == record.measurement.metrics.end() || !(found->second > 0)) return std::nullopt;
    return found->second;
  };
  if (phase == "prefill") return metric("ttft_ns");
  if (phase == "run") return metric("run_ns");
  if (const auto tpot = metric("tpot_ns")) return tpot;
  return metric("inter_token_ns");
}

double metric_or(const Record& record, const char* name, double fallback) {
  const auto found = record.measurement.metrics.find(name);
  return found == record.measurement.metrics.end() ? fallback : found->second;
}

/// A traced time with what tracing adds taken off at the low end.
Range without_tracing(const OpTime& op, double overhead) {
  const auto value = std::max(1.0, static_cast<double>(op.time_ns));
  const double low = op.low_ns > 0 ? static_cast<double>(op.low_ns) : value;
  const double high = std::max(value, static_cast<double>(op.high_ns));
  return {std::max(1.0, std::min(low, value) / overhead), std::max(1.0, value / overhead), high};
}

OpWork work_of(const OpTime& op) {
  return {op.work_flops, op.weight_bytes, op.kv_bytes, op.activation_bytes, op.weight_type};
}

/// Ops of one phase, the row of what is not attributed included.
struct PhaseRows {
  std::span<const OpTime> rows;
  double pass_ns = 0;
  double fixed_ns = 0;
};

PhaseRows phase_rows(std::span<const OpTime> rows, double harness_floor_ns) {
  PhaseRows phase{rows, 0, harness_floor_ns};
  std::size_t count = 0;
  double shortest_ns = std::numeric_limits<double>::infinity();
  for (const OpTime& row : rows) {
    phase.pass_ns += static_cast<double>(row.time_ns);
    if (row.op_id.empty() || row.time_ns <= 0) continue;
    ++count;
    shortest_ns = std::min(shortest_ns, static_cast<double>(row.time_ns));
  }
  if (count >= kFewestForFixed) phase.fixed_ns = std::max(phase.fixed_ns, shortest_ns);
  return phase;
}

OpWork sum_of(std::span<const OpTime> rows) {
  OpWork sum;
  std::map<std::string, double> flops_by_type;
  for (const OpTime& row : rows) {
    sum.flops += row.work_flops;
    sum.weight_bytes += row.weight_bytes;
    sum.kv_bytes += row.kv_bytes;
    sum.activation_bytes += row.activation_bytes;
    flops_by_type[row.weight_type] += row.work_flops;
  }
  // The type that most is computed with.
  double most = 0;
  for (const auto& [type, flops] : flops_by_type) {
    if (flops <= most) continue;
    most = flops;
    sum.weight_type = type;
  }
  return sum;
}

void set_utilisation(ProfiledPhase& phase, const Record& record, const Roofs& roofs,
                     double distance) {
  const auto time_ns = untraced_ns(record, phase.name);
  if (!time_ns) return;
  const double half = metric_or(record, "precision_percent", 0) / 100;
  phase.time_ns = {*time_ns / (1 + half), *time_ns, *time_ns * (1 + half)};
  if (const Peak* peak = roofs.peak_for(phase.work.weight_type);
      peak != nullptr && phase.work.flops > 0) {
    phase.mfu = Range::exactly(phase.work.flops * 1e9) / phase.time_ns / peak->per_second;
    phase.peak = peak->what;
  }
  if (const auto bandwidth = roofs.bandwidth_at(distance, Access::read);
      bandwidth && phase.work.bytes() > 0) {
    phase.mbu =
        Range::exactly(phase.work.bytes() * 1e9) / phase.time_ns / bandwidth->bytes_per_second;
    phase.level = bandwidth->level;
  }
}

/// What is walked through before weights and KV come again.
double distance_of(const Record& record, const ProfiledPhase& phase) {
  const bool is_cold = record.subject.cache != "warm" && phase.name == "run";
  return is_cold ? std::numeric_limits<double>::infinity() : phase.pass_bytes;
}

ProfiledPhase profile_phase(const Record& record, const PhaseRows& rows, const Roofs& roofs) {
  ProfiledPhase phase;
  phase.name = rows.rows.front().phase;
  phase.work = sum_of(rows.rows);
  phase.pass_bytes = phase.work.weight_bytes + phase.work.kv_bytes;
  // An operator's own activations come again as its weights do, since nothing else runs.
  const bool is_alone = phase.name == "run";
  if (is_alone) phase.pass_bytes = phase.work.bytes();
  const double distance = distance_of(record, phase);
  set_utilisation(phase, record, roofs, distance);
  // Of this phase and no other: a prefill and a decode step have different numbers of spans a
  // second, and a slow spell of the machine may meet one of them alone.
  if (phase.time_ns.value > 0) phase.trace_overhead = rows.pass_ns / phase.time_ns.value;
  const double overhead = std::max(1.0, phase.trace_overhead);
  for (const OpTime& row : rows.rows) {
    const double share = static_cast<double>(row.time_ns) / std::max(1.0, rows.pass_ns);
    if (row.op_id.empty()) {
      phase.not_attributed_ns = static_cast<double>(row.time_ns);
      phase.shares[std::string(name_of(Bound::overhead))] += share;
      continue;
    }
    ProfiledOp op{row.op_id, row.op, without_tracing(row, overhead), share, work_of(row), {}};
    op.placed = place(op.work, {op.time_ns, distance, rows.fixed_ns}, roofs);
    phase.shares[std::string(name_of(op.placed.bound))] += share;
    phase.at_roof_ns += op.placed.roof_ns().value;
    if (!op.placed.mistrusted.empty()) ++phase.mistrusted;
    phase.ops.push_back(std::move(op));
  }
  return phase;
}

/// What counters said of ops, of a GPU (harness/run/gpu_passes.h) or of the processor
/// (harness/run/cpu_counting.h); null: nothing.
nlohmann::json counted_in(const Record& record) {
  const auto details = nlohmann::json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  for (const char* path : {"/op_times/gpu/counted", "/op_times/cpu/counted"}) {
    const nlohmann::json::json_pointer place(path);
    if (!details.is_discarded() && details.contains(place) && details.at(place).is_object()) {
      return details.at(place);
    }
  }
  return nullptr;
}

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// An object, or null.
nlohmann::json object_at(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_object() ? *found : nlohmann::json();
}

std::map<std::string, double> numbers_of(const nlohmann::json& object) {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : object.items()) {
    if (value.is_number()) numbers[name] = value.get<double>();
  }
  return numbers;
}

/// Lists of figures say what each is; only a processor's counts come with one.
std::string figure_text(const nlohmann::json& figure) {
  std::string text = text_at(figure, "says");
  const std::string lacks = text_at(figure, "leaves_out");
  if (!lacks.empty()) text += " (without " + lacks + ")";
  double share = 1;
  for (const auto& event : figure.value("events", nlohmann::json::array())) {
    if (event.is_object()) share = std::min(share, event.value("counted_share", 1.0));
  }
  if (share < 1) {
    text += fmt::format(", counted for {:.0f} % of the time and scaled", 100 * share);
  }
  return text;
}

void set_provenance(const nlohmann::json& counted, Provenance& provenance) {
  for (const char* key : {"absent", "bytes_absent"}) {
    if (const auto why = text_at(counted, key); !why.empty()) provenance.why_not_counted = why;
  }
  provenance.why_no_flops = text_at(counted, "flops_absent");
  if (!counted.is_object() || !counted.contains("figures")) return;
  for (const auto& figure : counted.at("figures")) {
    if (!figure.is_object() || figure.contains("absent")) continue;
    const std::string meaning = text_at(figure, "meaning");
    if (is_bytes_read(meaning)) provenance.counted_bytes = figure_text(figure);
    if (meaning == kCountedFlops) provenance.counted_flops = figure_text(figure);
  }
}

/// Bytes that an op moved to and from the device's memory; of a processor, from it.
std::optional<double> memory_bytes(const std::map<std::string, double>& counted) {
  const auto read = counted.find("dram_read_bytes"), written = counted.find("dram_write_bytes");
  if (read != counted.end() && written != counted.end()) return read->second + written->second;
  for (const auto& [meaning, value] : counted) {
    if (is_bytes_read(meaning)) return value;
  }
  return std::nullopt;
}

/// Counted bytes of the ops that were counted, over what these had to move at the least.
void add_counted(ProfiledPhase& phase, const nlohmann::json& counted) {
  double moved = 0, compulsory = 0;
  for (ProfiledOp& op : phase.ops) {
    const auto found = counted.find(op.op_id);
    if (found == counted.end() || !found->is_object()) continue;
    op.counted = numbers_of(*found);
    if (const auto flops = counted_flops_of(op)) {
      phase.counted_flops = phase.counted_flops.value_or(0) + *flops;
    }
    const auto bytes = counted_bytes_of(op);
    if (!bytes) continue;
    moved += *bytes;
    compulsory += op.work.bytes();
  }
  if (compulsory > 0) phase.amplification = Range::exactly(moved / compulsory);
}

void add_note(CaseProfile& profile, const std::string& note) {
  if (note.empty() || profile.note.find(note) != std::string::npos) return;
  profile.note += (profile.note.empty() ? "" : "; ") + note;
}

}  // namespace

std::optional<double> counted_bytes_of(const ProfiledOp& op) {
  if (op.work.bytes() <= 0) return std::nullopt;
  return memory_bytes(op.counted);
}

std::optional<double> amplification_of(const ProfiledOp& op) {
  const auto bytes = counted_bytes_of(op);
  if (!bytes) return std::nullopt;
  return *bytes / op.work.bytes();
}

std::optional<double> counted_flops_of(const ProfiledOp& op) {
  const auto found = op.counted.find(std::string(kCountedFlops));
  return found == op.counted.end() ? std::nullopt : std::optional(found->second);
}

std::optional<CaseProfile> profile_of(const Record& record, const Roofs& roofs,
                                      double harness_floor_ns, const std::string& why_not_counted) {
  const std::span<const OpTime> rows = record.measurement.op_times;
  if (rows.empty()) return std::nullopt;
  CaseProfile profile;
  profile.ceilings_run = roofs.run_id;
  profile.ceilings_unix_ns = roofs.measured_unix_ns;
  profile.note = roofs.note;
  profile.provenance.why_not_counted = why_not_counted;
  const nlohmann::json counted = counted_in(record);
  set_provenance(counted, profile.provenance);
  const nlohmann::json phases = object_at(counted, "phases");
  const nlohmann::json controllers = object_at(object_at(counted, "memory_controllers"), "phases");
  const double overhead = metric_or(record, "trace_overhead", 0);
  if (overhead > 0) profile.trace_overhead = overhead;
  for (std::size_t from = 0; from < rows.size();) {
    std::size_t to = from;
    while (to < rows.size() && rows[to].phase == rows[from].phase) ++to;
    profile.phases.push_back(
        profile_phase(record, phase_rows(rows.subspan(from, to - from), harness_floor_ns), roofs));
    add_note(profile, roofs.why_not_at(distance_of(record, profile.phases.back())));
    ProfiledPhase& made = profile.phases.back();
    add_counted(made, object_at(phases, made.name.c_str()));
    made.controllers = numbers_of(object_at(controllers, made.name.c_str()));
    if (made.amplification) profile.provenance.why_not_counted.clear();
    from = to;
  }
  return profile;
}

}  // namespace ridgepoint::roofline

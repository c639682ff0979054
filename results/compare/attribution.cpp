#include "results/compare/attribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "results/exchange/json_text.h"
#include "results/metric_tolerance.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kLayer = "layer.";

struct MetricPhase {
  std::string_view metric, phase;
};

constexpr MetricPhase kPhases[] = {
    {"ttft_ns", "prefill"},       {"prefill_tokens_per_second", "prefill"}, {"tpot_ns", "decode"},
    {"inter_token_ns", "decode"}, {"decode_tokens_per_second", "decode"},   {"run_ns", "run"},
};

/// Time of one pass of the phase.
double pass_ns(std::string_view metric, const Case& subject, double value) {
  const auto batch = static_cast<double>(subject.batch);
  if (metric == "prefill_tokens_per_second") {
    return batch * static_cast<double>(subject.prompt) * 1e9 / value;
  }
  if (metric == "decode_tokens_per_second") return batch * 1e9 / value;
  return value;
}

/// "layer.3.ffn.down" as "layer.*.ffn.down"; ids without a layer stay.
std::string without_layer(std::string_view op_id) {
  if (!op_id.starts_with(kLayer)) return std::string(op_id);
  const std::size_t dot = op_id.find('.', kLayer.size());
  const std::string_view number = op_id.substr(kLayer.size(), dot - kLayer.size());
  const bool is_number = !number.empty() && std::ranges::all_of(number, [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  if (dot == std::string_view::npos || !is_number) return std::string(op_id);
  return fmt::format("layer.*{}", op_id.substr(dot));
}

void add(OpDifference& to, const OpDifference& from) {
  to.a_ns += from.a_ns;
  to.b_ns += from.b_ns;
  to.a_flops += from.a_flops;
  to.b_flops += from.b_flops;
  to.a_bytes += from.a_bytes;
  to.b_bytes += from.b_bytes;
}

/// The row of what no op accounts for is none: that follows from the difference of the whole.
bool is_op_of(const OpTime& row, std::string_view phase) {
  return row.phase == phase && !row.op_id.empty();
}

std::vector<OpDifference> single_ops(const std::vector<OpTime>& a, const std::vector<OpTime>& b,
                                     std::string_view phase) {
  std::vector<OpDifference> ops;
  std::map<std::string, std::size_t> position;
  const auto at = [&](const OpTime& op) -> OpDifference& {
    const auto [found, added] = position.emplace(op.op_id, ops.size());
    if (added) ops.push_back({.op_id = op.op_id});
    return ops[found->second];
  };
  for (const OpTime& op : a) {
    if (!is_op_of(op, phase)) continue;
    add(at(op), {.op_id = {},
                 .a_ns = static_cast<double>(op.time_ns),
                 .a_flops = op.work_flops,
                 .a_bytes = op.work_bytes});
  }
  for (const OpTime& op : b) {
    if (!is_op_of(op, phase)) continue;
    add(at(op), {.op_id = {},
                 .b_ns = static_cast<double>(op.time_ns),
                 .b_flops = op.work_flops,
                 .b_bytes = op.work_bytes});
  }
  return ops;
}

bool by_size(const OpDifference& a, const OpDifference& b) {
  return std::abs(a.difference_ns()) > std::abs(b.difference_ns());
}

/// One op of every layer: those alike as one entry, the others by themselves.
void add_family(const std::string& name, const std::vector<OpDifference>& family, double whole,
                std::vector<OpDifference>& into) {
  std::vector<double> differences;
  for (const OpDifference& op : family) differences.push_back(op.difference_ns());
  const double middle = median(std::span<const double>(differences));
  const double allowed = std::max(0.5 * std::abs(middle), 0.02 * whole);
  OpDifference alike{.op_id = name, .ops = 0};
  alike.ops_alike = static_cast<std::int64_t>(family.size());
  const auto is_alike = [&](const OpDifference& op) {
    return std::abs(op.difference_ns() - middle) <= allowed;
  };
  const bool worth_a_group = std::ranges::count_if(family, is_alike) > 1;
  for (const OpDifference& op : family) {
    if (worth_a_group && is_alike(op)) {
      add(alike, op);
      ++alike.ops;
    } else {
      into.push_back(op);
    }
  }
  if (worth_a_group) into.push_back(alike);
}

std::optional<double> ratio_of(const Record& a, const Record& b, const std::string& metric) {
  const auto in_a = a.measurement.metrics.find(metric);
  const auto in_b = b.measurement.metrics.find(metric);
  if (in_a == a.measurement.metrics.end() || in_b == b.measurement.metrics.end()) {
    return std::nullopt;
  }
  if (!(in_a->second > 0) || !(in_b->second > 0)) return std::nullopt;
  return in_b->second / in_a->second;
}

std::optional<double> number_at(const Json& json, const char* pointer) {
  const Json::json_pointer path{pointer};
  if (!json.is_object() || !json.contains(path)) return std::nullopt;
  const Json& value = json.at(path);
  if (value.is_number()) return value.get<double>();
  return std::nullopt;
}

/// Middle clock of all CPUs before and after the case.
std::optional<double> clock_hz(const Json& details) {
  std::vector<double> khz;
  for (const char* pointer : {"/conditions/before/clocks_khz", "/conditions/after/clocks_khz"}) {
    const Json::json_pointer path{pointer};
    if (!details.is_object() || !details.contains(path) || !details.at(path).is_array()) continue;
    for (const Json& value : details.at(path)) {
      if (value.is_number()) khz.push_back(value.get<double>());
    }
  }
  if (khz.empty()) return std::nullopt;
  return median(std::span<const double>(khz)) * 1e3;
}

std::optional<double> steal_share(const Json& details) {
  const auto steal = number_at(details, "/conditions/delta/cpu_jiffies/steal");
  const auto total = number_at(details, "/conditions/delta/cpu_jiffies/total");
  if (!steal || !total || !(*total > 0)) return std::nullopt;
  return *steal / *total;
}

std::vector<Circumstance> circumstances(const Record& a, const Record& b) {
  std::vector<Circumstance> around;
  const auto metric = [&](const Record& record, const char* name) -> std::optional<double> {
    const auto found = record.measurement.metrics.find(name);
    if (found == record.measurement.metrics.end()) return std::nullopt;
    return found->second;
  };
  const auto consider = [&](std::string what, std::optional<double> of_a,
                            std::optional<double> of_b, std::string unit, auto&& matters) {
    if (of_a && of_b && matters(*of_a, *of_b)) {
      around.push_back({std::move(what), *of_a, *of_b, std::move(unit)});
    }
  };
  const auto by_share = [](double share) {
    return [share](double of_a, double of_b) {
      return std::abs(of_b - of_a) > share * std::max(std::abs(of_a), std::abs(of_b));
    };
  };
  const Json of_a = parse_or_discard(a.details);
  const Json of_b = parse_or_discard(b.details);
  consider("load", metric(a, "load_ns"), metric(b, "load_ns"), "ns", by_share(0.2));
  consider("peak RSS", metric(a, "peak_rss_bytes"), metric(b, "peak_rss_bytes"), "bytes",
           [](double x, double y) {
             const MetricTolerance& tolerance = *find_metric_tolerance("peak_rss_bytes");
             return exceeds(tolerance, x, y) || exceeds(tolerance, y, x);
           });
  consider("clock", clock_hz(of_a), clock_hz(of_b), "Hz", by_share(0.02));
  consider("time stolen by the host", steal_share(of_a), steal_share(of_b), "%",
           [](double x, double y) { return std::abs(y - x) > 0.005; });
  for (const auto& [key, what] : {std::pair("major_faults", "major page faults"),
                                  std::pair("involuntary_switches", "involuntary switches")}) {
    const std::string pointer = fmt::format("/conditions/delta/process/{}", key);
    consider(what, number_at(of_a, pointer.c_str()), number_at(of_b, pointer.c_str()), "1",
             [](double x, double y) { return std::abs(y - x) > 100 + 0.5 * std::min(x, y); });
  }
  return around;
}

}  // namespace

std::string_view phase_of(std::string_view metric) {
  for (const MetricPhase& entry : kPhases) {
    if (entry.metric == metric) return entry.phase;
  }
  return {};
}

std::vector<OpDifference> op_differences(const std::vector<OpTime>& a, const std::vector<OpTime>& b,
                                         std::string_view phase) {
  const std::vector<OpDifference> ops = single_ops(a, b, phase);
  double whole = 0;
  for (const OpDifference& op : ops) whole += std::abs(op.difference_ns());
  std::map<std::string, std::vector<OpDifference>> families;
  for (const OpDifference& op : ops) families[without_layer(op.op_id)].push_back(op);
  std::vector<OpDifference> result;
  for (const auto& [name, family] : families) {
    if (family.size() == 1) {
      result.push_back(family.front());
    } else {
      add_family(name, family, whole, result);
    }
  }
  std::ranges::stable_sort(result, by_size);
  return result;
}

Attribution attribute(const Record& a, const Record& b, std::string_view metric, double value_a,
                      double value_b) {
  Attribution attribution;
  attribution.phase = phase_of(metric);
  attribution.difference_ns =
      pass_ns(metric, b.subject, value_b) - pass_ns(metric, a.subject, value_a);
  const auto has_phase = [&](const Record& record) {
    return std::ranges::any_of(record.measurement.op_times,
                               [&](const OpTime& op) { return op.phase == attribution.phase; });
  };
  attribution.traced = has_phase(a) && has_phase(b);
  if (attribution.traced) {
    attribution.ops =
        op_differences(a.measurement.op_times, b.measurement.op_times, attribution.phase);
    for (const OpDifference& op : attribution.ops) attribution.attributed_ns += op.difference_ns();
    // What nobody would read: ops that together are lost in the rounding of the whole.
    const double least = 0.002 * std::abs(attribution.difference_ns);
    std::erase_if(attribution.ops,
                  [&](const OpDifference& op) { return std::abs(op.difference_ns()) < least; });
  }
  const std::string prefix = attribution.phase == "run" ? "" : attribution.phase + "_";
  attribution.flops_ratio = ratio_of(a, b, prefix + "work_flops");
  attribution.bytes_ratio = ratio_of(a, b, prefix + "work_bytes");
  attribution.around = circumstances(a, b);
  return attribution;
}

}  // namespace ridgepoint

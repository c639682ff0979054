#include "results/compare/compared_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/exchange/json_text.h"
#include "results/metric.h"
#include "results/metric_tolerance.h"
#include "results/peer_metric.h"
#include "results/repetition_values.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

using Names = std::vector<std::string>;

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Names listed_in_details(const Record& record) {
  Names names;
  const nlohmann::json details = parse_or_discard(record.details);
  if (!details.is_object() || !details.contains("primary_metrics")) return names;
  const nlohmann::json& list = details["primary_metrics"];
  if (!list.is_array()) return names;
  for (const nlohmann::json& entry : list) {
    if (entry.is_string()) names.push_back(entry.get<std::string>());
  }
  return names;
}

bool has_samples(const Record& record, const std::string& metric) {
  return !repetition_values(metric, record.subject, record.measurement).values.empty();
}

bool has_value(const Record& record, const std::string& metric) {
  return record.measurement.metrics.contains(metric);
}

/// Both sides have it, and not both nothing: a backend without a KV cache has none to compare.
bool is_there(const Record& a, const Record& b, const std::string& metric) {
  const auto in_a = a.measurement.metrics.find(metric);
  const auto in_b = b.measurement.metrics.find(metric);
  return in_a != a.measurement.metrics.end() && in_b != b.measurement.metrics.end() &&
         (in_a->second != 0 || in_b->second != 0);
}

}  // namespace

std::vector<std::string> primary_metrics(const Record& record) {
  const Case& subject = record.subject;
  if (subject.workload == "op") return {"run_ns"};
  if (subject.workload == "quality") return {"bits_per_byte", "kl_mean"};
  if (subject.workload == "llm") {
    if (subject.prompt == 0) return {"decode_tokens_per_second"};
    if (subject.generate > 1) return {"ttft_ns", "tpot_ns"};
    return {"ttft_ns"};
  }
  Names names = listed_in_details(record);
  if (names.empty()) names = primary_peer_metrics(record.measurement);
  if (names.empty()) names.emplace_back("real_time_ns");
  return names;
}

std::vector<std::string> compared_metrics(const Record& a, const Record& b,
                                          std::span<const std::string> asked) {
  const bool all = contains(asked, kAllMetrics);
  const Names primary = asked.empty() ? primary_metrics(a) : Names{};
  const auto is_worth_a_row = [&](const std::string& name) {
    // Single values cannot be judged; that is worth a row, but not where all metrics are asked for.
    const bool valued = !all && has_value(a, name) && has_value(b, name);
    return valued || (has_samples(a, name) && has_samples(b, name));
  };
  Names names;
  for (const MetricSpec& spec : metrics()) {
    if (spec.better == Better::neither) continue;
    const std::string name(spec.name);
    const bool tolerated = find_metric_tolerance(name) != nullptr;
    const bool chosen = asked.empty() ? tolerated || contains(primary, name)
                        : all         ? true
                                      : contains(asked, name);
    if (!chosen) continue;
    if (tolerated) {
      if (is_there(a, b, name)) names.push_back(name);
      continue;
    }
    if (is_worth_a_row(name)) names.push_back(name);
  }
  for (const auto& [name, value] : a.measurement.metrics) {
    const bool chosen =
        all || contains(asked.empty() ? std::span<const std::string>(primary) : asked, name);
    if (!chosen || find_metric(name) != nullptr) continue;
    if (better_of_metric(name) != Better::neither && is_worth_a_row(name)) names.push_back(name);
  }
  if (asked.empty()) {
    // In the order that says what matters, which is not that of the alphabet.
    std::ranges::stable_sort(names, {}, [&](const std::string& name) {
      return std::ranges::find(primary, name) - primary.begin();
    });
  }
  return names;
}

std::vector<std::string> metrics_only_in_a(const Record& a, const Record& b,
                                           std::span<const std::string> asked) {
  if (a.subject.backend != b.subject.backend) return {};
  const bool all = contains(asked, kAllMetrics);
  const Names primary = asked.empty() ? primary_metrics(a) : Names{};
  Names names;
  for (const auto& [name, value] : a.measurement.metrics) {
    if (has_value(b, name) || has_samples(b, name)) continue;
    const bool tolerated = find_metric_tolerance(name) != nullptr;
    const bool chosen = asked.empty() ? tolerated || contains(primary, name)
                        : all         ? tolerated
                                      : contains(asked, name);
    if (chosen && value != 0) names.push_back(name);
  }
  return names;
}

void require_comparable_metrics(std::span<const std::string> asked) {
  std::vector<std::string_view> known = {kAllMetrics};
  for (const MetricSpec& spec : metrics()) {
    if (spec.better != Better::neither) known.push_back(spec.name);
  }
  for (const std::string& name : asked) {
    if (std::ranges::find(known, name) != known.end()) continue;
    if (better_of_metric(name) != Better::neither) continue;  // a peer's
    throw Error(
        fmt::format("--metric: '{}' is no metric that is better in one direction{}; see "
                    "docs/metrics.md, or say all",
                    name, did_you_mean(name, known)));
  }
}

}  // namespace ridgepoint

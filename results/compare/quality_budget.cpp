#include "results/compare/quality_budget.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "results/compare/weights_difference.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

std::optional<double> metric_in(const std::map<std::string, double>& metrics,
                                const std::string& name) {
  const auto found = metrics.find(name);
  if (found == metrics.end()) return std::nullopt;
  return found->second;
}

std::string with_error(const std::map<std::string, double>& metrics, const std::string& name,
                       double factor) {
  const double value = metrics.at(name) * factor;
  const auto error = metric_in(metrics, name + "_se");
  return error ? format_with_error(value, *error * factor) : format_value(value, "1");
}

/// Whether any figure is there that a budget could ask for.
bool has_figures(const Record& record) {
  return record.measurement.metrics.contains("scored_tokens") &&
         (record.outcome == Outcome::ok || record.outcome == Outcome::mistrusted);
}

/// Whether the divergence is from the very weights that were measured, so that it says what the
/// backend does to them and nothing of what they cost.
bool has_own_weights_as_baseline(const Case& quality) {
  const bool computed = !quality.baseline.starts_with("file:");
  return computed && quality.transform.empty() &&
         (quality.baseline_model.empty() || quality.baseline_model == quality.model);
}

}  // namespace

std::string past_budget(const QualityBudget& budget, const std::map<std::string, double>& metrics) {
  if (budget.max_kl) {
    const auto kl = metric_in(metrics, "kl_mean");
    if (!kl) return "no KL divergence was measured, for want of a baseline";
    if (!(*kl <= *budget.max_kl)) {
      return fmt::format("KL {} nats is past {:g}", with_error(metrics, "kl_mean", 1),
                         *budget.max_kl);
    }
  }
  if (budget.max_perplexity_increase) {
    const auto increase = metric_in(metrics, "perplexity_increase");
    if (!increase) return "no increase of perplexity was measured, for want of a baseline";
    if (!(*increase <= *budget.max_perplexity_increase)) {
      return fmt::format("perplexity {} % above the baseline's is past {:g} %",
                         with_error(metrics, "perplexity_increase", 100),
                         *budget.max_perplexity_increase * 100);
    }
  }
  return {};
}

std::vector<Record> stored_qualities(const Store& store) {
  std::vector<std::string> run_ids;
  for (const Run& run : store.runs()) run_ids.push_back(run.id);
  std::vector<Record> found;
  for (const RecordKey& key : store.newest_records(
           run_ids, [](const Case& subject) { return subject.workload == "quality"; })) {
    for (Record& record : store.records(key.run_id, /*with_samples=*/false)) {
      if (record.ordinal == key.ordinal && has_figures(record)) found.push_back(std::move(record));
    }
  }
  return found;
}

std::string withheld_by_quality(const QualityBudget& budget, const Record& candidate,
                                std::string_view other_model, std::span<const Record> qualities) {
  if (!budget.given()) return {};
  const Case& subject = candidate.subject;
  bool of_itself = false;
  bool of_other_weights = false;
  bool known = false;
  for (const Record& record : qualities) {
    if (!same_variant(record.subject, subject)) continue;
    if (weights_difference(record, candidate)) {
      of_other_weights = true;
      continue;
    }
    if (const std::string past = past_budget(budget, record.measurement.metrics); !past.empty()) {
      return past;
    }
    const bool itself = !other_model.empty() && other_model != subject.model &&
                        has_own_weights_as_baseline(record.subject);
    (itself ? of_itself : known) = true;
  }
  if (known) return {};
  std::string ask =
      fmt::format("ridgepoint quality --model {} --backend {}", subject.model, subject.backend);
  if (!subject.transform.empty()) ask += fmt::format(" --transform {}", subject.transform);
  if (of_itself) {
    return fmt::format("its quality is known only against its own weights: {} --baseline-model {}",
                       ask, other_model);
  }
  return fmt::format("its quality is {}: {}",
                     of_other_weights ? "known only of other weights of that name" : "not known",
                     ask);
}

}  // namespace ridgepoint

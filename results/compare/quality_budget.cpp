#include "results/compare/quality_budget.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

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

std::string withheld_by_quality(const QualityBudget& budget, const Case& candidate,
                                std::span<const Record> qualities) {
  if (!budget.given()) return {};
  bool any = false;
  for (const Record& record : qualities) {
    if (!same_variant(record.subject, candidate)) continue;
    any = true;
    if (const std::string past = past_budget(budget, record.measurement.metrics); !past.empty()) {
      return past;
    }
  }
  if (any) return {};
  return fmt::format("its quality is not known: ridgepoint quality --model {} --backend {}",
                     candidate.model, candidate.backend);
}

}  // namespace ridgepoint

#include "results/compare/quality_budget.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>
#include <vector>

#include "results/compare/weights_difference.h"
#include "results/exchange/json_text.h"
#include "results/report/table.h"
#include "workloads/case.h"
#include "workloads/error.h"

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

bool has_stored_baseline(const Case& quality) {
  return quality.baseline.starts_with("file:");
}

/// Whether the divergence is from logits that the very same computation gave once before. The
/// reference's are the truth that others are held against, its own too.
bool is_against_own_logits(const Record& quality) {
  if (!has_stored_baseline(quality.subject)) return false;
  const nlohmann::json details = parse_or_discard(quality.details);
  const nlohmann::json::json_pointer place("/quality/baseline/of");
  if (!details.is_object() || !details.contains(place)) return false;
  const nlohmann::json& of = details.at(place);
  if (!of.is_object() || (of.contains("backend") && of.at("backend") == "reference")) return false;
  try {
    return same_variant(case_from_json(of.dump()), quality.subject);
  } catch (const Error&) {
    return true;  // whose logits they are cannot be read, so nothing says that they are another's
  }
}

/// Whether the divergence is from the very weights that were measured, so that it says what the
/// backend does to them and nothing of what they cost.
bool is_against_own_weights(const Record& quality) {
  const Case& subject = quality.subject;
  if (!has_stored_baseline(subject)) {
    return subject.transform.empty() &&
           (subject.baseline_model.empty() || subject.baseline_model == subject.model);
  }
  const std::string measured = text_at(quality.details, "/model/fingerprint");
  return !measured.empty() &&
         measured == text_at(quality.details, "/quality/baseline/model_fingerprint");
}

/// Whether the candidate's weights, as far as their names tell, are those that the other runs, or
/// those that the other's were made of.
bool has_weights_of(const Case& candidate, const Case& other) {
  Case made_of = other;
  made_of.transform = {};
  return same_weights(candidate, other) || same_weights(candidate, made_of);
}

/// The command that measures a quality of these weights on a backend.
std::string quality_command(const Case& subject, std::string_view backend) {
  std::string command = fmt::format("ridgepoint quality --model {}", subject.model);
  for (const char* name : {"type", "transform", "seed"}) {
    const CaseField& field = *find_case_field(name);
    const bool of_shapes = field.name != "transform";
    if (of_shapes && !applies(*find_case_field("type"), subject)) continue;
    const FieldValue value = get(subject, field);
    if (value == get(Case{}, field)) continue;
    command += std::visit(
        [&](const auto& stated) { return fmt::format(" --{} {}", field.name, stated); }, value);
  }
  return command + fmt::format(" --backend {}", backend);
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
                                const Case* other, std::span<const Record> qualities) {
  if (!budget.given()) return {};
  const Case& subject = candidate.subject;
  const bool other_weights = other != nullptr && !has_weights_of(subject, *other);
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
    const bool itself =
        is_against_own_logits(record) || (other_weights && is_against_own_weights(record));
    (itself ? of_itself : known) = true;
  }
  if (known) return {};
  const std::string ask = quality_command(subject, subject.backend);
  if (!of_itself) {
    return fmt::format("its quality is {}: {}",
                       of_other_weights ? "known only of other weights of that name" : "not known",
                       ask);
  }
  if (!other_weights) {
    return fmt::format("its quality is known only against its own logits: {}", ask);
  }
  if (other->model != subject.model) {
    return fmt::format("its quality is known only against its own weights: {} --baseline-model {}",
                       ask, other->model);
  }
  return fmt::format(
      "its quality is known only against its own weights: {} --baseline none --save-logits FILE, "
      "then {} --baseline FILE",
      quality_command(*other, "reference"), ask);
}

}  // namespace ridgepoint

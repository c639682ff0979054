// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/variants.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "dashboard/models/text.h"
#include "results/compare/quality_budget.h"
#include "results/metric.h"
#include "results/store/history_query.h"

namespace ridgepoint {
namespace {

std::string text_of_field(const Case& subject, const CaseField& field) {
  const FieldValue value = get(subject, field);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

/// What is asked of a model, whatever computes it.
QString scenario_of(const Case& subject) {
  return QString("prompt %1, generate %2, depth %3, batch %4, threads %5, cache %6")
      .arg(subject.prompt)
      .arg(subject.generate)
      .arg(subject.depth)
      .arg(subject.batch)
      .arg(subject.threads)
      .arg(qt(subject.cache));
}

std::string_view speed_metric_of(const Case& subject) {
  return subject.generate > 0 ? "decode_tokens_per_second" : "prefill_tokens_per_second";
}

/// Values of the fields of a variant in which these cases differ; the backend always.
std::vector<QString> variant_names(const std::vector<const Case*>& cases) {
  std::vector<const CaseField*> telling;
  for (const CaseField& field : case_fields()) {
    if (!field.variant || field.name == "backend") continue;
    std::set<std::string> values;
    for (const Case* subject : cases) values.insert(text_of_field(*subject, field));
    if (values.size() > 1) telling.push_back(&field);
  }
  std::vector<QString> names;
  for (const Case* subject : cases) {
    QStringList parts{qt(subject->backend)};
    for (const CaseField* field : telling) {
      const std::string value = text_of_field(*subject, *field);
      if (!value.empty()) {
        const bool clear = field->name == "transform" || field->name == "type";
        parts.append(clear ? qt(value) : QString("%1 %2").arg(qt(field->name), qt(value)));
      }
    }
    names.push_back(parts.join(' '));
  }
  return names;
}

/// What the process held at most, mapped weights included.
constexpr const char* kMemoryMetric = "peak_rss_bytes";

struct Speed {
  Case subject;
  std::string hash, run_id;
  double value = 0;
  std::optional<double> memory_bytes;
};

/// The newest of each case on the machine that measured last.
std::vector<Speed> newest_speeds(const HistoryQuery& query, const RunList& runs, QString& machine) {
  struct Candidate {
    Speed speed;
    std::string machine;
    std::int64_t at = 0;
  };
  std::vector<Candidate> candidates;
  for (const MeasuredCase& measured : query.cases()) {
    if (measured.subject.workload != "llm") continue;
    std::set<std::string> seen;
    auto rows = query.rows(measured.hash, speed_metric_of(measured.subject));
    std::ranges::reverse(rows);  // newest first
    for (const HistoryRow& row : rows) {
      if (row.outcome != Outcome::ok || !row.value || !(*row.value > 0)) continue;
      const std::string on = runs.machine_of(row.run);
      if (!seen.insert(on).second) continue;
      candidates.push_back({{measured.subject, measured.hash, row.run.id, *row.value, std::nullopt},
                            on,
                            row.started_unix_ns});
    }
  }
  const auto newest = std::ranges::max_element(candidates, {}, &Candidate::at);
  if (newest == candidates.end()) return {};
  const std::string chosen = newest->machine;
  machine = qt(chosen);
  std::vector<Speed> speeds;
  for (Candidate& candidate : candidates) {
    if (candidate.machine != chosen) continue;
    Speed& speed = candidate.speed;
    for (const HistoryRow& row : query.rows(speed.hash, kMemoryMetric)) {
      if (row.run.id == speed.run_id) speed.memory_bytes = row.value;
    }
    speeds.push_back(std::move(speed));
  }
  return speeds;
}

const Record* quality_of(const Case& subject, const std::vector<Record>& qualities,
                         std::string_view metric) {
  const auto found = std::ranges::find_if(qualities, [&](const Record& quality) {
    return quality.measurement.metrics.contains(std::string(metric)) &&
           same_variant(quality.subject, subject);
  });
  return found == qualities.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<std::string>& variant_quality_metrics() {
  static const std::vector<std::string> metrics{"kl_mean", "bits_per_byte", "perplexity_increase",
                                                "top1_agreement"};
  return metrics;
}

bool VariantBudget::holds(const VariantPoint& point, bool more_is_better) const {
  if (memory_bytes && !(point.memory_bytes && *point.memory_bytes <= *memory_bytes)) return false;
  if (!quality) return true;
  return more_is_better ? point.quality >= *quality : point.quality <= *quality;
}

void find_front(std::vector<VariantPoint>& points, bool more_is_better) {
  const auto better = [&](double a, double b) { return more_is_better ? a > b : a < b; };
  std::ranges::stable_sort(points, std::ranges::greater(), &VariantPoint::speed);
  for (VariantPoint& point : points) {
    point.on_front = std::ranges::none_of(points, [&](const VariantPoint& other) {
      const bool as_good = !better(point.quality, other.quality) && other.speed >= point.speed;
      return as_good && (better(other.quality, point.quality) || other.speed > point.speed);
    });
  }
}

void set_beside(Variants& variants, const RunWithRecords* baseline) {
  for (VariantPoint& point : variants.points) {
    point.before.reset();
    if (baseline == nullptr || baseline->run.id == point.run_id) continue;
    const auto value_in = [](const Record& record, const std::string& metric) {
      const auto found = record.measurement.metrics.find(metric);
      return found == record.measurement.metrics.end() ? std::optional<double>() : found->second;
    };
    for (const Record& record : baseline->records) {
      if (record.outcome != Outcome::ok || case_hash(record.subject) != point.case_hash) continue;
      const auto speed = value_in(record, variants.speed_metric);
      if (!speed || !(*speed > 0)) continue;
      const Record* quality =
          quality_of(record.subject, baseline->records, variants.quality_metric);
      point.before = {
          *speed, quality == nullptr ? std::nullopt : value_in(*quality, variants.quality_metric)};
    }
  }
}

Variants read_variants(const std::filesystem::path& path, const RunList& runs,
                       const QString& scenario, std::string_view quality_metric,
                       const StoreOptions& options) {
  Variants found;
  found.quality_metric = quality_metric;
  found.more_is_better = better_of_metric(quality_metric) == Better::higher;
  const auto speeds = newest_speeds(HistoryQuery(path, options), runs, found.machine);
  const auto qualities = stored_qualities(Store(path, OpenMode::read_only, options));
  std::map<QString, int> weight;  // scenarios with many variants of known quality come first
  for (const Speed& speed : speeds) {
    weight[scenario_of(speed.subject)] +=
        quality_of(speed.subject, qualities, quality_metric) == nullptr ? 0 : 1;
  }
  for (const auto& [name, _] : weight) found.scenarios.append(name);
  std::stable_sort(found.scenarios.begin(), found.scenarios.end(),
                   [&](const QString& a, const QString& b) { return weight.at(a) > weight.at(b); });
  if (found.scenarios.isEmpty()) return found;
  found.scenario = found.scenarios.contains(scenario) ? scenario : found.scenarios.front();

  std::vector<const Speed*> chosen;
  std::vector<const Case*> subjects;
  for (const Speed& speed : speeds) {
    if (scenario_of(speed.subject) != found.scenario) continue;
    chosen.push_back(&speed);
    subjects.push_back(&speed.subject);
  }
  const std::vector<QString> names = variant_names(subjects);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Speed& speed = *chosen[i];
    found.speed_metric = speed_metric_of(speed.subject);
    const Record* quality = quality_of(speed.subject, qualities, quality_metric);
    if (quality == nullptr) {
      found.without_quality.append(names[i]);
      continue;
    }
    VariantPoint point{names[i],     speed.subject.backend,
                       speed.run_id, speed.hash,
                       speed.value,  quality->measurement.metrics.at(std::string(quality_metric)),
                       {},           {},
                       false,        {}};
    point.memory_bytes = speed.memory_bytes;
    if (const MetricSpec* error = standard_error_of(quality_metric)) {
      const auto known = quality->measurement.metrics.find(std::string(error->name));
      if (known != quality->measurement.metrics.end()) point.error = known->second;
    }
    found.points.push_back(std::move(point));
  }
  find_front(found.points, found.more_is_better);
  return found;
}

}  // namespace ridgepoint

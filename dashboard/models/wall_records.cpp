// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/wall_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/models/unfinished_ceilings.h"
#include "results/roofline/ceilings_suite.h"
#include "results/statistics/quantile.h"
#include "results/store/history_query.h"
#include "results/store/store.h"
#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/models/model_type.h"

namespace ridgepoint {
namespace {

using WallDetails = nlohmann::json;

constexpr std::size_t kMostWallRuns = 8;
constexpr std::string_view kElasticityName = "elasticity, ";
/// A bandwidth that moved by a smaller factor tells nothing.
constexpr double kFewMoves = 1.2;
constexpr double kHalf = 0.5;
constexpr std::string_view kSpeedMetric = "decode_tokens_per_second";

void take_figures(const WallDetails& wall, WallRecords& found) {
  for (const auto& model : wall.at("models")) {
    auto figures = wall_figures_from_json(model);
    if (!figures) continue;
    const bool is_known = std::ranges::any_of(found.figures, [&](const WallFigures& other) {
      return std::tie(other.model, other.type, other.kv) ==
             std::tie(figures->model, figures->type, figures->kv);
    });
    if (!is_known) found.figures.push_back(std::move(*figures));
  }
}

void take_elasticity(const Record& record, const WallDetails& json, WallRecords& found) {
  std::string_view name = record.subject.name;
  if (name.starts_with(kElasticityName)) name.remove_prefix(kElasticityName.size());
  // What was done comes first: it is what tells the tests of one variant apart.
  const std::size_t end = name.find(", ");
  const QString what =
      end == std::string_view::npos
          ? qt(name)
          : QString("%1 (%2)").arg(qt(name.substr(end + 2)), qt(name.substr(0, end)));
  if (std::ranges::find(found.elasticities, what, &ElasticityTest::what) !=
      found.elasticities.end()) {
    return;
  }
  found.elasticities.push_back({what,
                                {json.at("value").get<double>(), json.at("low").get<double>(),
                                 json.at("high").get<double>(), json.at("spread").get<double>()}});
}

void take_score(const WallDetails& scores, WallRecords& found) {
  if (!found.score.isEmpty()) return;
  QStringList words;
  for (const auto& score : scores) {
    const auto what = score.at("what").get<std::string>();
    if (what.find(' ') != std::string::npos) continue;  // of one type of weights
    words.append(QString("%1 %2 % off on average (%3 cases)")
                     .arg(qt(what))
                     .arg(100 * score.at("mean_absolute_error").get<double>(), 0, 'f', 1)
                     .arg(score.at("cases").get<int>()));
  }
  found.score = words.join(", ");
}

void take_record(const Record& record, WallRecords& found) {
  const auto details = WallDetails::parse(record.details, nullptr, /*allow_exceptions=*/false);
  if (!details.is_object()) return;
  try {
    if (details.contains("wall")) take_figures(details.at("wall"), found);
    if (details.contains("elasticity")) take_elasticity(record, details.at("elasticity"), found);
    if (details.contains("score")) take_score(details.at("score"), found);
  } catch (const WallDetails::exception&) {
    // Cut or altered: what other records say still holds.
  }
}

std::optional<roofline::Roofs> newest_roofs(const Store& store, const RunList& runs) {
  constexpr int kAllThreads = 1 << 20;  // stands for as many as were measured
  for (const RunEntry& entry : runs.runs) {
    if (entry.run().suite != kCeilingsSuite || entry.run().status != "finished") continue;
    try {
      return roofline::roofs_of(store.run(entry.run().id),
                                store.records(entry.run().id, /*with_samples=*/false), kAllThreads);
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
}

/// Whether its weights are all of a type that can be chosen here, by an engine that computes at
/// all.
bool has_plain_weights(const Case& subject) {
  const auto types = ModelType::names();
  const bool is_type = subject.transform.empty() ||
                       std::ranges::find(types, subject.transform) != std::ranges::end(types);
  return is_type && subject.backend != "null" && !subject.backend.starts_with("null:");
}

MeasuredSpeed speed_of(const Case& subject, std::string run_id, std::string hash, double value) {
  return {.model = subject.model,
          .type = subject.transform.empty() ? subject.type : subject.transform,
          .kv = subject.kv,
          .run_id = std::move(run_id),
          .case_hash = std::move(hash),
          .label = label(subject),
          .batch = subject.batch,
          .context = subject.depth + subject.prompt + subject.generate / 2,
          .tokens_per_second = value};
}

std::vector<MeasuredSpeed> newest_decode_speeds(const HistoryQuery& query) {
  std::vector<MeasuredSpeed> speeds;
  for (const MeasuredCase& measured : query.cases()) {
    const Case& subject = measured.subject;
    if (subject.workload != "llm" || subject.generate <= 0 || !has_plain_weights(subject)) continue;
    const auto rows = query.rows(measured.hash, kSpeedMetric);
    const auto newest = std::find_if(rows.rbegin(), rows.rend(), [](const HistoryRow& row) {
      return row.outcome == Outcome::ok && row.value.value_or(0) > 0;
    });
    if (newest == rows.rend()) continue;
    speeds.push_back(speed_of(subject, newest->run.id, measured.hash, *newest->value));
  }
  return speeds;
}

}  // namespace

WallRecords read_wall_records(const std::filesystem::path& path, const RunList& runs,
                              const StoreOptions& options) {
  WallRecords found;
  const Store store(path, OpenMode::read_only, options);
  std::size_t read = 0;
  for (const RunEntry& entry : runs.runs) {
    if (entry.run().suite != "wall") continue;
    if (read++ == kMostWallRuns) break;
    for (const Record& record : store.records(entry.run().id, /*with_samples=*/false)) {
      take_record(record, found);
    }
  }
  found.roofs = newest_roofs(store, runs);
  if (!found.roofs) {
    const QString unfinished = unfinished_ceilings(store, kCeilingsSuite);
    found.why_no_roofs = unfinished.isEmpty()
                             ? QString("No ceilings are stored")
                             : "No whole run of ceilings is stored (" + unfinished +
                                   "; ridgepoint roofline measures them)";
  }
  found.speeds = newest_decode_speeds(HistoryQuery(path, options));
  return found;
}

std::optional<double> decode_speed_in(const RunWithRecords& run, const std::string& hash) {
  for (const Record& record : run.records) {
    if (record.outcome != Outcome::ok || case_hash(record.subject) != hash) continue;
    const auto found = record.measurement.metrics.find(std::string(kSpeedMetric));
    if (found != record.measurement.metrics.end() && found->second > 0) return found->second;
  }
  return std::nullopt;
}

std::optional<MeasuredSpeed> decode_speed_within(const TracedRecord& traced,
                                                 const TraceRange& range) {
  std::vector<std::int64_t> steps_ns;
  for (const TracedPart& part : traced.timeline.parts) {
    const bool inside = part.begin_ns >= range.begin_ns && part.end_ns <= range.end_ns;
    if (inside && part.name == "decode") steps_ns.push_back(part.end_ns - part.begin_ns);
  }
  const Record& record = traced.record;
  if (steps_ns.empty() || !has_plain_weights(record.subject)) return std::nullopt;
  MeasuredSpeed speed =
      speed_of(record.subject, record.run_id, case_hash(record.subject),
               static_cast<double>(record.subject.batch) * 1e9 / median(steps_ns));
  speed.within_range = true;
  return speed;
}

QString meaning_of(const Elasticity& elasticity) {
  if (elasticity.spread < kFewMoves) return "cannot say";
  if (elasticity.low > kHalf) return "memory";
  if (elasticity.high < kHalf) return "not memory";
  return "undecided";
}

QString explanation_of(const Elasticity& elasticity) {
  if (elasticity.spread < kFewMoves) return "the bandwidth hardly moved, so nothing can be said";
  if (elasticity.low > kHalf) return "time follows bandwidth: memory binds it";
  if (elasticity.high < kHalf) return "time hardly follows bandwidth: memory does not bind it";
  return "the interval allows both";
}

void ElasticityTable::show(std::vector<ElasticityTest> tests) {
  beginResetModel();
  tests_ = std::move(tests);
  endResetModel();
}

std::size_t ElasticityTable::row_count() const {
  return tests_.size();
}

std::size_t ElasticityTable::column_count() const {
  return Column::count;
}

QVariant ElasticityTable::cell(std::size_t row, std::size_t column, int role) const {
  const ElasticityTest& test = tests_[row];
  if (role == Qt::ToolTipRole) return test.what + "\n" + explanation_of(test.found);
  if (role != Qt::DisplayRole) return {};
  switch (column) {
    case what:
      return test.what;
    case value:
      return qt(fmt::format("{:.2f}", test.found.value));
    case interval:
      return qt(fmt::format("{:.2f} to {:.2f}", test.found.low, test.found.high));
    case spread:
      return qt(fmt::format("x{:.2f}", test.found.spread));
    case means:
      return meaning_of(test.found);
    default:
      return {};
  }
}

Heading ElasticityTable::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"work", "what was timed beside an antagonist"},
      {"bound by", "whether memory binds, as far as the test tells"},
      {"elasticity", "-d ln(time) / d ln(bandwidth); near 1: memory binds"},
      {"95 %", "interval of the slope"},
      {"bandwidth", "by which factor the bandwidth was moved"}};
  return kHeadings[column];
}

}  // namespace ridgepoint

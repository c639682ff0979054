// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/wall_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "dashboard/models/text.h"
#include "results/store/history_query.h"
#include "results/store/store.h"
#include "workloads/case.h"
#include "workloads/error.h"

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
    if (entry.run().suite != "roofline" || entry.run().status != "finished") continue;
    try {
      return roofline::roofs_of(store.run(entry.run().id),
                                store.records(entry.run().id, /*with_samples=*/false), kAllThreads);
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
}

std::vector<MeasuredSpeed> newest_decode_speeds(const HistoryQuery& query) {
  std::vector<MeasuredSpeed> speeds;
  for (const MeasuredCase& measured : query.cases()) {
    const Case& subject = measured.subject;
    if (subject.workload != "llm" || subject.generate <= 0 || !subject.transform.empty()) continue;
    const auto rows = query.rows(measured.hash, kSpeedMetric);
    const auto newest = std::find_if(rows.rbegin(), rows.rend(), [](const HistoryRow& row) {
      return row.outcome == Outcome::ok && row.value.value_or(0) > 0;
    });
    if (newest == rows.rend()) continue;
    speeds.push_back({.model = subject.model,
                      .type = subject.type,
                      .kv = subject.kv,
                      .run_id = newest->run.id,
                      .case_hash = measured.hash,
                      .label = label(subject),
                      .batch = subject.batch,
                      .context = subject.depth + subject.prompt + subject.generate / 2,
                      .tokens_per_second = *newest->value});
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
  found.speeds = newest_decode_speeds(HistoryQuery(path, options));
  return found;
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

int ElasticityTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(tests_.size());
}

int ElasticityTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : Column::count;
}

QVariant ElasticityTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const ElasticityTest& test = tests_[static_cast<std::size_t>(index.row())];
  if (role == Qt::ToolTipRole) return test.what + "\n" + explanation_of(test.found);
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
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

QVariant ElasticityTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= Column::count) return {};
  static constexpr const char* kTitles[] = {"work", "bound by", "elasticity", "95 %", "bandwidth"};
  static constexpr const char* kMeanings[] = {
      "what was timed beside an antagonist", "whether memory binds, as far as the test tells",
      "-d ln(time) / d ln(bandwidth); near 1: memory binds", "interval of the slope",
      "by which factor the bandwidth was moved"};
  if (role == Qt::DisplayRole) return QString(kTitles[section]);
  if (role == Qt::ToolTipRole) return QString(kMeanings[section]);
  return {};
}

}  // namespace ridgepoint

#include "results/store/history_query.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "results/store/database.h"
#include "results/store/marks_rows.h"
#include "results/store/open_database.h"
#include "results/store/resolve_run.h"
#include "workloads/error.h"

namespace ridgepoint {

struct HistoryQuery::State {
  Database database;

  template <class Body>
  auto during(std::string_view doing, Body&& body) {
    return worded(database.path(), doing, std::forward<Body>(body));
  }
};

HistoryQuery::HistoryQuery(const std::filesystem::path& path, const StoreOptions& options)
    : state_(std::make_unique<State>(State{open_database(path, OpenMode::read_only, options)})) {}
HistoryQuery::~HistoryQuery() = default;
HistoryQuery::HistoryQuery(HistoryQuery&&) noexcept = default;
HistoryQuery& HistoryQuery::operator=(HistoryQuery&&) noexcept = default;

const std::filesystem::path& HistoryQuery::path() const {
  return state_->database.path();
}

std::vector<MeasuredCase> HistoryQuery::cases() const {
  return state_->during("listing measured cases", [&] {
    Query row = state_->database.query(
        "SELECT hash, json FROM cases WHERE EXISTS (SELECT 1 FROM records WHERE case_hash = hash) "
        "ORDER BY label, hash");
    std::vector<MeasuredCase> found;
    while (row.step()) found.push_back({row.text(0), case_from_json(row.text(1))});
    return found;
  });
}

MeasuredCase HistoryQuery::case_at(std::string_view run_text, std::int64_t ordinal) const {
  return state_->during("looking for a case", [&] {
    Database& database = state_->database;
    const std::string run_id = resolve_run(database, run_text);
    Query row = database.query(
        "SELECT hash, json FROM run_cases JOIN cases ON hash = case_hash WHERE run_id = ? AND "
        "ordinal = ?");
    row.bind(run_id, ordinal);
    if (!row.step()) {
      throw Error(
          fmt::format("run {} has no case {}; 'ridgepoint show {}' lists what it has in column #",
                      run_id.substr(0, 8), ordinal, run_id.substr(0, 8)));
    }
    return MeasuredCase{row.text(0), case_from_json(row.text(1))};
  });
}

std::vector<HistoryRow> HistoryQuery::rows(const std::string& case_hash,
                                           std::string_view metric) const {
  return state_->during("reading the history of a case", [&] {
    Query row = state_->database.query(fmt::format(
        "SELECT records.id, ordinal, records.started_unix_ns, outcome, reason, value, runs.id, "
        "label, suite, git_commit, git_branch, git_dirty, runs.started_unix_ns, "
        "coalesce(environment_hash, ''), {} FROM records "
        "JOIN runs ON runs.id = run_id "
        "LEFT JOIN metric_values ON record_key = records.key AND "
        "name_key = (SELECT key FROM metric_names WHERE name = ?2) WHERE case_hash = ?1 "
        "ORDER BY records.started_unix_ns, records.id",
        kMarksColumns));
    row.bind(case_hash, metric);
    std::vector<HistoryRow> found;
    while (row.step()) {
      HistoryRow entry;
      entry.record_id = row.text(0);
      entry.ordinal = row.integer(1);
      entry.started_unix_ns = row.integer(2);
      entry.outcome = parse_outcome(row.text(3));
      entry.reason = row.text(4);
      const double value = row.real(5);  // not a number where there is none
      if (std::isfinite(value)) entry.value = value;
      entry.run.id = row.text(6);
      entry.run.label = row.text(7);
      entry.run.suite = row.text(8);
      entry.run.git_commit = row.text(9);
      entry.run.git_branch = row.text(10);
      entry.run.git_dirty = row.integer(11) != 0;
      entry.run.started_unix_ns = row.integer(12);
      entry.run.environment_hash = row.text(13);
      entry.run.marks = read_marks(row, 14);
      found.push_back(std::move(entry));
    }
    return found;
  });
}

std::vector<std::string> HistoryQuery::metrics_of_newest(const std::string& case_hash) const {
  return state_->during("listing metrics of a case", [&] {
    Query row = state_->database.query(
        "SELECT name FROM metric_values JOIN metric_names ON key = name_key WHERE record_key = "
        "(SELECT key FROM records WHERE case_hash = ? AND outcome = ? "
        "ORDER BY started_unix_ns DESC, id DESC LIMIT 1) ORDER BY name");
    row.bind(case_hash, name_of(Outcome::ok));
    std::vector<std::string> names;
    while (row.step()) names.push_back(row.text(0));
    return names;
  });
}

std::map<std::string, std::int64_t> HistoryQuery::successes() const {
  return state_->during("counting records of cases", [&] {
    Query row = state_->database.query(
        "SELECT case_hash, count(*) FROM records WHERE outcome = ? GROUP BY case_hash");
    row.bind(name_of(Outcome::ok));
    std::map<std::string, std::int64_t> found;
    while (row.step()) found.emplace(row.text(0), row.integer(1));
    return found;
  });
}

std::map<std::string, std::int64_t> HistoryQuery::values_by_metric(
    const std::string& case_hash) const {
  return state_->during("counting values of a case", [&] {
    Query row = state_->database.query(
        "SELECT name, count(value) FROM records JOIN metric_values ON record_key = records.key "
        "JOIN metric_names ON metric_names.key = name_key WHERE case_hash = ? AND outcome = ? "
        "GROUP BY name");
    row.bind(case_hash, name_of(Outcome::ok));
    std::map<std::string, std::int64_t> found;
    while (row.step()) found.emplace(row.text(0), row.integer(1));
    return found;
  });
}

std::map<std::string, std::string> HistoryQuery::environments(const std::string& case_hash) const {
  return state_->during("reading environments", [&] {
    Query row = state_->database.query(
        "SELECT hash, json FROM environments WHERE hash IN (SELECT environment_hash FROM runs "
        "JOIN records ON run_id = runs.id WHERE case_hash = ?)");
    row.bind(case_hash);
    std::map<std::string, std::string> found;
    while (row.step()) found.emplace(row.text(0), row.text(1));
    return found;
  });
}

}  // namespace ridgepoint

// Runs of one case in a database, as if they had been measured one a day.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "results/store/store.h"

namespace ridgepoint {

/// One run with one record.
struct DailyRun {
  std::optional<double> value;  ///< of the metric
  std::string commit;
  std::string branch = "main";
  bool dirty = false;
  std::string environment = R"({"cpu":{"cores":2,"model":"Example CPU"},"kernel":"6.1"})";
  Outcome outcome = Outcome::ok;
  std::string reason{};
  std::string label{};
};

/// 40 digits that begin with the number.
inline std::string example_commit(std::size_t number) {
  std::string commit = std::to_string(number);
  commit.insert(0, "c0ffe");
  commit.resize(40, 'e');
  return commit;
}

/// As if a hash were taken of it: the same text, the same 32 digits.
inline std::string example_environment_hash(const std::string& environment) {
  std::string digits;
  auto state = static_cast<std::uint64_t>(environment.size());
  for (const char c : environment) state = state * 1099511628211U + static_cast<unsigned char>(c);
  for (; digits.size() < 32; state = state * 6364136223846793005U + 1) {
    digits += "0123456789abcdef"[state >> 60U];
  }
  return digits;
}

/// Oldest first; the ids of the runs. One transaction for all of them, straight into the tables:
/// Store syncs each record to the disk, and tests have better things to wait for.
inline std::vector<std::string> store_daily_runs(const std::filesystem::path& database,
                                                 const Case& subject, const std::string& metric,
                                                 const std::vector<DailyRun>& days) {
  constexpr std::int64_t kDay_ns = 86'400'000'000'000;
  { const Store schema(database, OpenMode::read_write); }
  SQLite::Database raw(database.string(), SQLite::OPEN_READWRITE);
  const auto insert = [&](const std::string& into, const auto&... values) {
    SQLite::Statement statement(raw, "INSERT OR IGNORE INTO " + into);
    SQLite::bind(statement, values...);
    statement.exec();
  };
  SQLite::Transaction transaction(raw);
  const std::string hash = case_hash(subject);
  insert("cases (hash, json, label) VALUES (?, ?, ?)", hash, to_json(subject), label(subject));
  std::vector<std::string> ids;
  std::int64_t started_unix_ns = 1'700'000'000'000'000'000;
  for (const DailyRun& day : days) {
    const std::string environment_hash =
        day.environment.empty() ? "" : example_environment_hash(day.environment);
    if (!environment_hash.empty()) {
      insert("environments (hash, json) VALUES (?, ?)", environment_hash, day.environment);
    }
    const std::string& run = ids.emplace_back(new_uuid());
    insert(
        "runs (id, label, suite, command, tool_version, git_commit, git_branch, git_dirty, status, "
        "started_unix_ns, finished_unix_ns, harness_floor_ns, environment_hash, options, "
        "conditions_before, conditions_after) VALUES (?, ?, '', '', '', ?, ?, ?, 'finished', ?, ?, "
        "0, nullif(?, ''), '{}', '{}', '{}')",
        run, day.label, day.commit, day.branch, day.dirty ? 1 : 0, started_unix_ns,
        started_unix_ns + 1, environment_hash);
    insert("run_cases (run_id, ordinal, case_hash) VALUES (?, 0, ?)", run, hash);
    const std::string record = new_uuid();
    insert(
        "records (id, run_id, ordinal, case_hash, outcome, reason, started_unix_ns, duration_ns, "
        "details) VALUES (?, ?, 0, ?, ?, ?, ?, 0, '{}')",
        record, run, hash, std::string(name_of(day.outcome)), day.reason, started_unix_ns);
    if (day.value) {
      insert("metric_names (name) VALUES (?)", metric);
      insert(
          "metric_values (record_key, name_key, value) VALUES ((SELECT key FROM records WHERE id = "
          "?), (SELECT key FROM metric_names WHERE name = ?), ?)",
          record, metric, *day.value);
    }
    started_unix_ns += kDay_ns;
  }
  transaction.commit();
  return ids;
}

/// `count` runs, a commit each, that hover about 1 ms by a fixed pattern of +-0.4 %; from `changed`
/// on, times `ratio`.
inline std::vector<DailyRun> steady_days(std::size_t count, std::size_t changed = SIZE_MAX,
                                         double ratio = 1) {
  std::vector<DailyRun> days;
  for (std::size_t i = 0; i < count; ++i) {
    const double wiggle = 1 + 0.001 * (static_cast<double>(i * 7 % 9) - 4);
    days.push_back(
        {.value = 1e6 * wiggle * (i >= changed ? ratio : 1), .commit = example_commit(i)});
  }
  return days;
}

}  // namespace ridgepoint

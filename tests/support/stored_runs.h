// Runs of one case in a database, as if they had been measured one a day.
#pragma once

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

/// Oldest first; the ids of the runs.
inline std::vector<std::string> store_daily_runs(const std::filesystem::path& database,
                                                 const Case& subject, const std::string& metric,
                                                 const std::vector<DailyRun>& days) {
  constexpr std::int64_t kDay_ns = 86'400'000'000'000;
  Store store(database, OpenMode::read_write);
  std::vector<std::string> ids;
  std::int64_t started_unix_ns = 1'700'000'000'000'000'000;
  for (const DailyRun& day : days) {
    Run run;
    run.id = new_uuid();
    run.label = day.label;
    run.git_commit = day.commit;
    run.git_branch = day.branch;
    run.git_dirty = day.dirty;
    run.status = "finished";
    run.started_unix_ns = started_unix_ns;
    run.finished_unix_ns = started_unix_ns + 1;
    run.environment = day.environment;
    run.environment_hash = day.environment.empty() ? "" : example_environment_hash(day.environment);
    run.conditions = run.conditions_after = "{}";
    store.begin_run(run, {subject});
    Record record;
    record.id = new_uuid();
    record.run_id = run.id;
    record.subject = subject;
    record.outcome = day.outcome;
    record.reason = day.reason;
    record.started_unix_ns = started_unix_ns;
    if (day.value) record.measurement.metrics[metric] = *day.value;
    store.add_record(record);
    ids.push_back(run.id);
    started_unix_ns += kDay_ns;
  }
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

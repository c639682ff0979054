// A database of 100,000 runs of 10 cases, one of which is measured and the others copied by SQL: a
// synced transaction each would take hours.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>
#include <vector>

#include "results/store/store.h"
#include "tests/benchmarks/results/example_run.h"

namespace ridgepoint {

/// `samples`: of each record, so that ten give 10^7 in all; 0: no series.
inline void fill_with_many_runs(const std::filesystem::path& path, std::size_t samples) {
  Run run = some_run();
  run.conditions = std::string(600, ' ');
  {
    std::vector<Case> cases(10);
    for (std::size_t i = 0; i < cases.size(); ++i)
      cases[i].batch = static_cast<std::int64_t>(i) + 1;
    Store store(path, OpenMode::read_write);
    store.begin_run(run, cases);
    for (int i = 0; i < 10; ++i) {
      Record record;
      record.id = new_uuid();
      record.run_id = run.id;
      record.ordinal = i;
      record.subject = cases[static_cast<std::size_t>(i)];
      if (samples > 0) {
        Series series{"ttft", "ns", {}, {}};
        for (std::size_t s = 0; s < samples; ++s) {
          series.samples.push_back(30'000'000 + static_cast<std::int64_t>(s * 7919 % 100'000));
        }
        record.measurement.series = {series};
        record.measurement.metrics = {{"ttft_ns", 3e7}, {"precision_percent", 0.5}};
      }
      store.add_record(record);
    }
  }
  SQLite::Database raw(path.string(), SQLite::OPEN_READWRITE);
  raw.exec(
      "PRAGMA synchronous = OFF; BEGIN;"
      "CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c "
      "WHERE i < 99999) SELECT i, printf('%08x-0000-4000-8000-000000000000', i) AS id FROM c;"
      "CREATE TEMP TABLE first AS SELECT key, id, run_id, ordinal, case_hash, outcome, reason, "
      "started_unix_ns, duration_ns, details FROM records;"
      "INSERT INTO runs SELECT n.id, printf('label %d', i % 100), suite, command, tool_version, "
      "printf('%040x', i / 10), git_branch, git_dirty, status, started_unix_ns + i, "
      "finished_unix_ns, harness_floor_ns, environment_hash, options, conditions_before, "
      "conditions_after FROM runs CROSS JOIN n;"
      "INSERT INTO run_cases SELECT n.id, ordinal, case_hash FROM n CROSS JOIN run_cases WHERE "
      "run_cases.run_id = (SELECT run_id FROM first LIMIT 1);"
      "INSERT INTO records (key, id, run_id, ordinal, case_hash, outcome, reason, started_unix_ns, "
      "duration_ns, details) SELECT 1000 + 10 * i + ordinal, printf('%s-%d', n.id, ordinal), n.id, "
      "ordinal, case_hash, outcome, reason, started_unix_ns, duration_ns, details FROM n CROSS "
      "JOIN "
      "first;"
      "INSERT INTO series (record_key, name, position, unit, codec, count, process_counts, "
      "samples) "
      "SELECT 1000 + 10 * i + ordinal, name, position, unit, codec, count, process_counts, samples "
      "FROM n CROSS JOIN first JOIN series ON record_key = first.key;"
      "INSERT INTO metric_values (record_key, name_key, value) SELECT 1000 + 10 * i + ordinal, "
      "name_key, value FROM n CROSS JOIN first JOIN metric_values ON record_key = first.key;"
      "COMMIT");
}

}  // namespace ridgepoint

// Lists and look-ups in a database of 100,000 runs of 10 cases.
#include <SQLiteCpp/SQLiteCpp.h>
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "results/store/store.h"
#include "tests/benchmarks/results/example_run.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

/// One run through the store, the others copied by SQL: a synced transaction each would take hours.
void fill(const std::filesystem::path& path) {
  Run run = some_run();
  run.conditions = std::string(600, ' ');
  {
    Store store(path, OpenMode::read_write);
    store.begin_run(run, std::vector<Case>(10));
    for (int i = 0; i < 10; ++i) {
      Record record;
      record.id = new_uuid();
      record.run_id = run.id;
      record.ordinal = i;
      store.add_record(record);
    }
  }
  SQLite::Database raw(path.string(), SQLite::OPEN_READWRITE);
  raw.exec(
      "PRAGMA synchronous = OFF; BEGIN;"
      "CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c "
      "WHERE i < 99999) SELECT i, printf('%08x-0000-4000-8000-000000000000', i) AS id FROM c;"
      "INSERT INTO runs SELECT n.id, label, suite, command, tool_version, git_commit, git_branch, "
      "git_dirty, status, started_unix_ns + i, finished_unix_ns, harness_floor_ns, "
      "environment_hash, options, conditions_before, conditions_after FROM runs CROSS JOIN n;"
      "INSERT INTO run_cases SELECT n.id, ordinal, case_hash FROM run_cases CROSS JOIN n;"
      "INSERT INTO records (id, run_id, ordinal, case_hash, outcome, reason, started_unix_ns, "
      "duration_ns, details) SELECT printf('%s-%d', n.id, ordinal), n.id, ordinal, case_hash, "
      "outcome, reason, started_unix_ns, duration_ns, details FROM records CROSS JOIN n;"
      "COMMIT");
}

const Store& many_runs() {
  static const TemporaryFolder folder;
  static const Store store = [] {
    fill(folder / "runs.db");
    return Store(folder / "runs.db", OpenMode::read_only);
  }();
  return store;
}

void BM_ListAll(benchmark::State& state) {
  const Store& store = many_runs();
  std::size_t count = 0;
  for (auto _ : state) count = store.list_runs().size();
  state.counters["runs"] = static_cast<double>(count);
}
BENCHMARK(BM_ListAll)->Unit(benchmark::kMillisecond);

void BM_ListNewest20(benchmark::State& state) {
  const Store& store = many_runs();
  for (auto _ : state) benchmark::DoNotOptimize(store.list_runs(20));
}
BENCHMARK(BM_ListNewest20)->Unit(benchmark::kMicrosecond);

void BM_ResolveAPrefix(benchmark::State& state) {
  const Store& store = many_runs();
  for (auto _ : state) benchmark::DoNotOptimize(store.resolve_run("0000ffff"));
}
BENCHMARK(BM_ResolveAPrefix)->Unit(benchmark::kMicrosecond);

void BM_ReadARun(benchmark::State& state) {
  const Store& store = many_runs();
  const std::string id = store.resolve_run("0000ffff");
  for (auto _ : state) benchmark::DoNotOptimize(store.whole_run(id));
}
BENCHMARK(BM_ReadARun)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ridgepoint

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/store/store.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

void expect_report(const MergeReport& report, std::int64_t runs_added, std::int64_t runs_known,
                   std::int64_t records_added, std::int64_t records_known) {
  EXPECT_EQ(report.runs_added, runs_added);
  EXPECT_EQ(report.runs_known, runs_known);
  EXPECT_EQ(report.records_added, records_added);
  EXPECT_EQ(report.records_known, records_known);
}

class Merging : public ::testing::Test {
 protected:
  Merging()
      : here(folder / "here.db", OpenMode::read_write),
        there(folder / "there.db", OpenMode::read_write) {}

  void change_there(const std::string& sql) {
    SQLite::Database(there.path().string(), SQLite::OPEN_READWRITE).exec(sql);
  }

  TestFolder folder;
  Store here;
  Store there;
};

TEST_F(Merging, TakesNoDamagedSamples) {
  const StoredRun theirs = example_run();
  there.begin_run(theirs, {example_case()});
  there.add_record(example_record(theirs, 0, example_case()));
  change_there(
      "UPDATE series SET samples = CAST(substr(samples, 1, length(samples) - 1) || x'00' AS BLOB) "
      "WHERE name = "
      "'ttft'");
  const auto line = error_of([&] { here.merge_from(there.path()); });
  EXPECT_THAT(line, HasSubstr("nothing was changed: merge a backup of it"));
  EXPECT_TRUE(here.list_runs().empty());
}

TEST_F(Merging, BringsWholeRunsAndIsIdempotent) {
  const StoredRun mine = example_run(), theirs = example_run();
  here.begin_run(mine, {example_case()});
  here.add_record(example_record(mine, 0, example_case()));
  there.begin_run(theirs, {example_case(), operator_case()});
  Record odd = example_record(theirs, 0, example_case());
  odd.measurement.metrics["check_relative_error"] = std::numeric_limits<double>::quiet_NaN();
  there.add_record(odd);
  there.add_record(example_record(theirs, 1, operator_case()));
  there.put_answer("key", "value");

  expect_report(here.merge_from(there.path()), 1, 0, 2, 0);
  expect_report(here.merge_from(there.path()), 0, 1, 0, 2);
  const RunWithRecords merged = here.whole_run(theirs.id);
  ASSERT_EQ(merged.records.size(), 2U);
  EXPECT_TRUE(std::isnan(merged.records[0].measurement.metrics.at("check_relative_error")));
  expect_equal(merged.records[1], there.records(theirs.id)[1]);
  expect_equal(merged.run, there.run(theirs.id));
  EXPECT_EQ(here.find_answer("key"), "value");
  EXPECT_EQ(here.list_runs().size(), 2U);
  EXPECT_EQ(here.check_integrity(), "ok");
}

TEST_F(Merging, BothWaysMakesBothEqual) {
  const StoredRun mine = example_run(), theirs = example_run();
  here.begin_run(mine, {example_case()});
  here.add_record(example_record(mine, 0, example_case()));
  there.begin_run(theirs, {operator_case()});
  there.add_record(example_record(theirs, 0, operator_case()));
  here.merge_from(there.path());
  there.merge_from(here.path());
  for (const StoredRun& run : {mine, theirs}) {
    expect_equal(here.whole_run(run.id), there.whole_run(run.id));
  }
}

TEST_F(Merging, FollowsARunThatGoesOn) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case(1), example_case(2)});
  there.add_record(example_record(run, 0, example_case(1)));
  expect_report(here.merge_from(there.path()), 1, 0, 1, 0);
  EXPECT_EQ(here.run(run.id).status, "running");

  there.add_record(example_record(run, 1, example_case(2)));
  there.finish_run(run.id, "finished", run.started_unix_ns + 99, R"({"load":[2]})");
  expect_report(here.merge_from(there.path()), 0, 1, 1, 1);
  expect_equal(here.whole_run(run.id), there.whole_run(run.id));
  EXPECT_EQ(here.run(run.id).status, "finished");

  // An older copy takes nothing back.
  change_there("UPDATE runs SET status = 'running', finished_unix_ns = 0");
  here.merge_from(there.path());
  EXPECT_EQ(here.run(run.id).status, "finished");
}

TEST_F(Merging, LetsAnInterruptedRecordGiveWayToItsRepetition) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case()});
  Record stopped = example_record(run, 0, example_case());
  stopped.outcome = Outcome::interrupted;
  stopped.reason = "Ctrl-C";
  there.add_record(stopped);
  here.merge_from(there.path());
  const auto old_copy = folder / "old.db";
  there.backup_to(old_copy);

  there.reopen_run(run.id);
  there.drop_interrupted(run.id);
  there.add_record(example_record(run, 0, example_case()));
  expect_report(here.merge_from(there.path()), 0, 1, 1, 0);
  ASSERT_EQ(here.records(run.id).size(), 1U);
  EXPECT_EQ(here.records(run.id)[0].outcome, Outcome::ok);

  expect_report(here.merge_from(old_copy), 0, 1, 0, 1);
  EXPECT_EQ(here.records(run.id)[0].outcome, Outcome::ok);
  EXPECT_EQ(here.check_integrity(), "ok");
}

TEST_F(Merging, RefusesTheSameIdWithOtherContentAndChangesNothing) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case(1), example_case(2)});
  const Record record = example_record(run, 0, example_case(1));
  there.add_record(record);
  here.merge_from(there.path());
  const StoredRun another = example_run();
  there.begin_run(another, {example_case()});
  const auto original = folder / "original.db";
  there.backup_to(original);

  const std::vector<std::pair<std::string, std::string>> changes = {
      {"UPDATE runs SET label = 'forged' WHERE id = '" + run.id + "'", "run " + run.id},
      {"UPDATE records SET duration_ns = 1", "record " + record.id},
      {"UPDATE metric_values SET value = value + 1 WHERE name_key = (SELECT key FROM metric_names "
       "WHERE name = 'ttft_ns')",
       "a metric of record"},
      {"DELETE FROM metric_values WHERE name_key = (SELECT key FROM metric_names WHERE name = "
       "'ttft_ns')",
       "a metric of record"},
      {"INSERT INTO metric_names (name) VALUES ('extra'); INSERT INTO metric_values SELECT "
       "records.key, metric_names.key, 1 FROM records, metric_names WHERE name = 'extra'",
       "a metric of record"},
      {"DELETE FROM series WHERE name = 'ttft'", "a series of record"},
      {"UPDATE series SET unit = 'ms' WHERE name = 'ttft'", "a series of record"},
      {"UPDATE series SET samples = (SELECT samples FROM series WHERE name = 'end_to_end') "
       "WHERE name = 'ttft'",
       "other samples"},
      {"UPDATE cases SET json = '{}'", "case "},
      {"UPDATE environments SET json = '{}'", "environment "},
      {"UPDATE run_cases SET case_hash = (SELECT max(case_hash) FROM run_cases)",
       "the plan of run"}};
  for (const auto& [sql, what] : changes) {
    const auto forged = folder / "forged.db";
    fs::copy_file(original, forged, fs::copy_options::overwrite_existing);
    SQLite::Database(forged.string(), SQLite::OPEN_READWRITE).exec(sql);
    const std::string line = error_of([&] { here.merge_from(forged); });
    EXPECT_THAT(line, HasSubstr(what)) << sql;
    EXPECT_THAT(line, HasSubstr("nothing was changed")) << sql;
    EXPECT_EQ(here.list_runs().size(), 1U) << sql;
  }
  expect_report(here.merge_from(original), 1, 1, 0, 1);
}

TEST_F(Merging, LetsARecordGiveWayToTheOneThatReplacedIt) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case()});
  const Record earlier = example_record(run, 0, example_case());
  there.add_record(earlier);
  here.merge_from(there.path());
  Record later = example_record(run, 0, example_case());
  later.details = R"({"remeasured":{"replaces":")" + earlier.id + R"("}})";
  const fs::path before = folder / "before.db";
  there.backup_to(before);
  there.replace_record(earlier.id, later);

  here.merge_from(there.path());
  EXPECT_EQ(here.records(run.id).at(0).id, later.id);
  here.merge_from(before);
  EXPECT_EQ(here.records(run.id).at(0).id, later.id) << "never back to the earlier one";
  EXPECT_EQ(here.check_integrity(), "ok");
}

TEST_F(Merging, RefusesOtherProcessesOrOpsOfTheSameRecord) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case()});
  there.add_record(example_record(run, 0, example_case()));
  here.merge_from(there.path());
  change_there("UPDATE series SET process_counts = '[2,1]' WHERE name = 'ttft'");
  EXPECT_THAT(error_of([&] { here.merge_from(there.path()); }), HasSubstr("series"));
  change_there("UPDATE series SET process_counts = '[1,0,2]' WHERE name = 'ttft'");
  change_there("UPDATE op_times SET time_ns = time_ns + 1");
  EXPECT_THAT(error_of([&] { here.merge_from(there.path()); }), HasSubstr("an op of record"));
}

TEST_F(Merging, RefusesACaseThatTwoProcessesMeasured) {
  const StoredRun run = example_run();
  for (Store* store : {&here, &there}) {
    store->begin_run(run, {example_case()});
    store->add_record(example_record(run, 0, example_case()));  // ids differ
  }
  EXPECT_THAT(error_of([&] { here.merge_from(there.path()); }), HasSubstr("measured twice"));
}

TEST_F(Merging, RefusesItselfAStrangerAndNothing) {
  EXPECT_THAT(error_of([&] { here.merge_from(here.path()); }), HasSubstr("is the database itself"));
  EXPECT_THAT(error_of([&] { here.merge_from(folder / "none.db"); }), HasSubstr("no database at"));
  change_there("PRAGMA user_version = 9999");
  EXPECT_THAT(error_of([&] { here.merge_from(there.path()); }), HasSubstr("newer Ridgepoint"));
  change_there("PRAGMA application_id = 5");
  EXPECT_THAT(error_of([&] { here.merge_from(there.path()); }), HasSubstr("another program"));
}

TEST_F(Merging, TakesOddFileNames) {
  const StoredRun run = example_run();
  const auto odd = folder / "50% of #1? 'quoted'.db";
  {
    Store store(odd, OpenMode::read_write);
    store.begin_run(run, {example_case()});
  }
  expect_report(here.merge_from(odd), 1, 0, 0, 0);
}

TEST_F(Merging, BringsUpACopyOfAnOlderDatabaseAndLeavesTheOriginal) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case()});
  there.add_record(example_record(run, 0, example_case()));
  std::vector<Migration> steps(schema_migrations().begin(), schema_migrations().end());
  steps.push_back({steps.back().version + 1, "999_test",
                   "ALTER TABLE records ADD COLUMN mood TEXT NOT NULL DEFAULT '';"});
  StoreOptions newer;
  newer.migrations = steps;
  Store store(folder / "newer.db", OpenMode::read_write, newer);
  expect_report(store.merge_from(there.path()), 1, 0, 1, 0);
  expect_report(store.merge_from(there.path()), 0, 1, 0, 1);
  expect_equal(store.whole_run(run.id), there.whole_run(run.id));
  EXPECT_EQ(there.schema_version(), schema_migrations().back().version);
}

TEST_F(Merging, TakesARunFromElsewhereOnce) {
  StoredRun run = example_run();
  run.status = "finished";
  const RunWithRecords data{run, {example_record(run, 0, example_case())}, {{0, example_case()}}};
  expect_report(here.merge_run(data, "export.json"), 1, 0, 1, 0);
  expect_report(here.merge_run(data, "export.json"), 0, 1, 0, 1);
  expect_equal(here.whole_run(run.id), data);
  RunWithRecords forged = data;
  forged.records[0].duration_ns += 1;
  EXPECT_THAT(error_of([&] { here.merge_run(forged, "export.json"); }),
              HasSubstr("export.json cannot be merged into"));
}

TEST_F(Merging, GivesUpWholeWhenTheOtherIsDamaged) {
  const StoredRun run = example_run();
  there.begin_run(run, {example_case()});
  there.add_record(example_record(run, 0, example_case()));
  change_there(
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
      "replace(sql, 'duration_ns', 'duration_s') WHERE name = 'records'");
  const std::string line = error_of([&] { here.merge_from(there.path()); });
  EXPECT_THAT(line, HasSubstr("merging " + there.path().string()));
  EXPECT_TRUE(here.list_runs().empty());
  EXPECT_EQ(here.check_integrity(), "ok");
}

}  // namespace
}  // namespace ridgepoint

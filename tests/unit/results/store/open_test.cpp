// What can be wrong with a database file, and what the person reads then.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "results/store/open_database.h"
#include "results/store/store.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/store/child_process.h"
#include "tests/unit/results/store/failing_disk.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string error_of_opening(const fs::path& path, OpenMode mode,
                             const StoreOptions& options = {}) {
  return error_of([&] { const Store store(path, mode, options); });
}

std::string run_id_in_new_store(const fs::path& path) {
  Store store(path, OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  store.add_record(example_record(run, 0, example_case()));
  return run.id;
}

TEST(OpenDatabase, ToReadAMissingOneIsRefusedAndMakesNothing) {
  const TestFolder folder;
  const auto path = folder / "none.db";
  EXPECT_THAT(error_of_opening(path, OpenMode::read_only),
              HasSubstr("no database at " + path.string() + ": run something first, or give --db"));
  EXPECT_FALSE(fs::exists(path));
}

TEST(OpenDatabase, AFolderIsRefused) {
  const TestFolder folder;
  EXPECT_THAT(error_of_opening(folder.path(), OpenMode::read_write), HasSubstr("is a folder"));
}

TEST(OpenDatabase, AFileOfAnotherKindIsRefusedAndStaysAsItIs) {
  const TestFolder folder;
  for (const std::string& content : {std::string("hello"), std::string(10'000, 'x')}) {
    const auto path = folder / "notes.txt";
    std::ofstream(path, std::ios::binary) << content;
    for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
      EXPECT_THAT(error_of_opening(path, mode), HasSubstr("is not a SQLite database"));
      EXPECT_EQ(bytes_of(path), content);
    }
  }
}

TEST(OpenDatabase, AnotherProgramsDatabaseIsRefusedAndStaysAsItIs) {
  const TestFolder folder;
  const auto path = folder / "browser.db";
  SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE bookmarks (url TEXT)");
  const std::string before = bytes_of(path);
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
    EXPECT_THAT(error_of_opening(path, mode), HasSubstr("of another program"));
    EXPECT_EQ(bytes_of(path), before);
  }
}

TEST(OpenDatabase, ANewerSchemaIsRefusedInWords) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  run_id_in_new_store(path);
  SQLite::Database(path.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 9999");
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
    const std::string line = error_of_opening(path, mode);
    EXPECT_EQ(line, path.string() +
                        " was written by a newer Ridgepoint (schema 9999; this one knows "
                        "up to " +
                        std::to_string(schema_migrations().back().version) +
                        "); update Ridgepoint or choose another file with --db");
  }
}

TEST(OpenDatabase, AnEmptyFileBecomesADatabaseOnlyForWriting) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  std::ofstream(path).close();
  EXPECT_THAT(error_of_opening(path, OpenMode::read_only), HasSubstr("nothing in"));
  EXPECT_EQ(fs::file_size(path), 0U);
  const Store store(path, OpenMode::read_write);
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(OpenDatabase, UsesAWriteAheadLogAndItsOwnApplicationId) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  run_id_in_new_store(path);
  SQLite::Database raw(path.string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(raw.execAndGet("PRAGMA application_id").getInt(), kApplicationId);
  EXPECT_EQ(raw.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(raw.execAndGet("SELECT count(*) FROM sqlite_schema AS s JOIN pragma_table_list AS t ON "
                           "t.name = s.name WHERE s.type = 'table' AND NOT t.strict")
                .getInt(),
            0);
}

TEST(OpenDatabase, AFileThatMayNotBeWrittenOpensForReadingOnly) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  fs::permissions(folder.path(), fs::perms(0555));
  fs::permissions(path, fs::perms(0444));
  const std::string line =
      as_ordinary_user([&] { return error_of_opening(path, OpenMode::read_write); });
  EXPECT_THAT(line, HasSubstr("read-only"));
  EXPECT_THAT(line, HasSubstr("--db"));
  EXPECT_EQ(
      as_ordinary_user([&] { return Store(path, OpenMode::read_only).resolve_run("latest"); }), id);
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST(OpenDatabase, AReadOnlyFolderIsRefusedForWriting) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  run_id_in_new_store(path);
  fs::permissions(path, fs::perms(0666));
  fs::permissions(folder.path(), fs::perms(0555));
  EXPECT_THAT(as_ordinary_user([&] { return error_of_opening(path, OpenMode::read_write); }),
              HasSubstr("the file or its folder is read-only"));
  EXPECT_THAT(
      as_ordinary_user([&] { return error_of_opening(folder / "new.db", OpenMode::read_write); }),
      HasSubstr("its folder is read-only"));
  EXPECT_THAT(as_ordinary_user(
                  [&] { return error_of_opening(folder / "sub/new.db", OpenMode::read_write); }),
              HasSubstr("cannot create the folder"));
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST(OpenDatabase, ALockedOneIsReportedAfterTheTimeout) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  StoreOptions impatient;
  impatient.busy_timeout = std::chrono::milliseconds(20);
  Store store(path, OpenMode::read_write, impatient);
  SQLite::Database other(path.string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  const auto run = example_run();
  const std::string line = error_of([&] { store.begin_run(run, {example_case()}); });
  EXPECT_THAT(line, HasSubstr("is locked by another process (beginning a run)"));
  other.exec("ROLLBACK");
  store.begin_run(run, {example_case()});
  EXPECT_EQ(store.list_runs().size(), 1U);
}

TEST(OpenDatabase, APersonWaitsNoLongerForALockThanForAnAnswer) {
  EXPECT_LE(StoreOptions{}.busy_timeout, std::chrono::seconds(10));
  EXPECT_GE(kPatienceForMeasured, std::chrono::minutes(5));
}

TEST(OpenDatabase, WhatWasMeasuredWaitsForALockAsLongAsItIsTold) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  StoreOptions impatient;
  impatient.busy_timeout = std::chrono::milliseconds(20);
  Store store(path, OpenMode::read_write, impatient);
  const auto run = example_run();
  store.begin_run(run, {example_case()});
  SQLite::Database other(path.string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  const Record record = example_record(run, 0, example_case());
  EXPECT_THAT(error_of([&] { store.add_record(record); }), HasSubstr("is locked"));
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    other.exec("ROLLBACK");
  });
  store.wait_at_most(kPatienceForMeasured);
  store.add_record(record);
  holder.join();
  EXPECT_EQ(store.records(run.id).size(), 1U);
}

TEST(OpenDatabase, ANameIsOfAFileWhateverItLooksLike) {
  const TestFolder folder;
  const pid_t child = in_child([&] {  // relative names need a working directory of their own
    fs::current_path(folder.path());
    for (const char* name : {"file:x", "file:y?mode=ro", "file:z?mode=memory",
                             ":memory:", "file::memory:", "a#b?c%41.db"}) {
      const std::string id = run_id_in_new_store(name);
      if (!fs::is_regular_file(folder / name)) throw std::runtime_error(name);
      if (Store(name, OpenMode::read_only).resolve_run("latest") != id) {
        throw std::runtime_error(std::string("read again: ") + name);
      }
      Store::back_up(name, std::string("file:copy-") + name);
      if (Store(std::string("file:copy-") + name, OpenMode::read_only).list_runs().size() != 1) {
        throw std::runtime_error(std::string("copied: ") + name);
      }
    }
  });
  EXPECT_EQ(exit_code_of(child), 0);
}

TEST(OpenDatabase, AnEmptyNameIsRefused) {
  EXPECT_THAT(error_of_opening("", OpenMode::read_write), HasSubstr("an empty name"));
  EXPECT_THAT(error_of_opening("", OpenMode::read_only), HasSubstr("an empty name"));
  const TestFolder folder;
  run_id_in_new_store(folder / "runs.db");
  EXPECT_THAT(error_of([&] { Store::back_up(folder / "runs.db", ""); }),
              HasSubstr("an empty name"));
}

TEST(OpenDatabase, AFullDiskLosesNothingThatWasStored) {
  const TestFolder folder;
  const FailingDisk disk;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto run = example_run();
  store.begin_run(run, {example_case(1), example_case(2)});
  store.add_record(example_record(run, 0, example_case(1)));
  FailingDisk::set_full(true);
  const std::string line =
      error_of([&] { store.add_record(example_record(run, 1, example_case(2))); });
  EXPECT_THAT(line, HasSubstr("no space left on the disk of "));
  EXPECT_THAT(line, HasSubstr("storing a record"));
  EXPECT_THAT(error_of([&] { store.backup_to(folder / "copy.db"); }), HasSubstr("no space left"));
  EXPECT_FALSE(fs::exists(folder / "copy.db"));
  FailingDisk::set_full(false);
  EXPECT_EQ(store.records(run.id).size(), 1U);
  store.add_record(example_record(run, 1, example_case(2)));
  EXPECT_EQ(store.records(run.id).size(), 2U);
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(OpenDatabase, ADamagedOneIsReportedWithWhatToDo) {
  constexpr std::size_t kSchemaPages = 24;  // damaged, those would make it no database at all
  const TestFolder folder;
  const auto path = folder / "runs.db";
  std::string id;
  {
    Store store(path, OpenMode::read_write);
    const auto run = example_run();
    id = run.id;
    std::vector<Case> cases;
    for (int i = 0; i < 400; ++i) cases.push_back(example_case(i + 1));
    store.begin_run(run, cases);
    for (int i = 0; i < 400; ++i) {
      store.add_record(example_record(run, i, cases[static_cast<std::size_t>(i)]));
    }
  }
  std::string bytes = bytes_of(path);
  ASSERT_GT(bytes.size(), 60U * 4096);
  for (std::size_t i = kSchemaPages * 4096; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 7);
  std::ofstream(path, std::ios::binary) << bytes;
  const std::string line = error_of([&] {
    const Store store(path, OpenMode::read_write);
    static_cast<void>(store.whole_run(id));
  });
  EXPECT_THAT(line, HasSubstr("is damaged"));
  EXPECT_THAT(line, HasSubstr("restore a backup"));
  const Store store(path, OpenMode::read_only);
  EXPECT_NE(store.check_integrity(), "ok");
}

TEST(OpenDatabase, ChangedSamplesAreFoundByTheIntegrityCheckAndRefusedWhenRead) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  SQLite::Database(path.string(), SQLite::OPEN_READWRITE)
      .exec(
          "UPDATE series SET samples = CAST(substr(samples, 1, length(samples) - 1) || x'00' AS "
          "BLOB) WHERE name = 'ttft'");
  const Store store(path, OpenMode::read_only);
  EXPECT_THAT(store.check_integrity(), HasSubstr("series ttft"));
  const std::string line = error_of([&] { static_cast<void>(store.records(id)); });
  EXPECT_THAT(line, HasSubstr("series ttft"));
  EXPECT_THAT(line, HasSubstr(path.string()));
  EXPECT_EQ(store.records(id, false).size(), 1U);
}

// ---- schema steps ----

std::int64_t newest_known() {
  return schema_migrations().back().version;
}

std::string backup_name() {
  return "runs.db.schema" + std::to_string(newest_known()) + ".backup";
}

constexpr std::string_view kSecondStep =
    "ALTER TABLE runs ADD COLUMN mood TEXT NOT NULL DEFAULT 'good';"
    "CREATE TABLE visits (at TEXT) STRICT; INSERT INTO visits VALUES ('once');";

StoreOptions knowing(std::vector<Migration>& steps, std::string_view second) {
  steps.assign(schema_migrations().begin(), schema_migrations().end());
  steps.push_back({steps.back().version + 1, "999_test", second});
  StoreOptions options;
  options.migrations = steps;
  return options;
}

std::vector<std::string> names_in(const TestFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST(SchemaSteps, AreNumberedFromOneWithoutGaps) {
  ASSERT_FALSE(schema_migrations().empty());
  std::int64_t version = 0;
  for (const Migration& step : schema_migrations()) {
    EXPECT_EQ(step.version, ++version);
    EXPECT_FALSE(step.sql.empty()) << step.name;
  }
}

TEST(SchemaSteps, BringUpAnOlderDatabaseAndKeepABackup) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  EXPECT_TRUE(is_older_schema(path, newer));
  EXPECT_FALSE(is_older_schema(path, {}));
  {
    const Store store(path, OpenMode::read_write, newer);
    EXPECT_EQ(store.schema_version(), newest_known() + 1);
    EXPECT_EQ(store.records(id).size(), 1U);
    EXPECT_EQ(store.check_integrity(), "ok");
  }
  EXPECT_THAT(names_in(folder), ::testing::ElementsAre("runs.db", backup_name()));
  const Store backup(folder / backup_name(), OpenMode::read_only);
  EXPECT_EQ(backup.schema_version(), newest_known());
  EXPECT_EQ(backup.records(id).size(), 1U);
  EXPECT_THAT(error_of_opening(path, OpenMode::read_write),
              HasSubstr("was written by a newer Ridgepoint"));
}

TEST(SchemaSteps, BringUpAnOlderDatabaseForThoseWhoOnlyRead) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  const Store store(path, OpenMode::read_only, newer);
  EXPECT_EQ(store.schema_version(), newest_known() + 1);
  EXPECT_EQ(store.records(id).size(), 1U);
  EXPECT_EQ(Store(folder / backup_name(), OpenMode::read_only).schema_version(), newest_known());
  EXPECT_FALSE(is_older_schema(path, newer));
}

TEST(SchemaSteps, ForReadersSayWhyTheyCannotBe) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  run_id_in_new_store(path);
  const std::string before = bytes_of(path);
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  fs::permissions(path, fs::perms(0444));
  fs::permissions(folder.path(), fs::perms(0555));
  const std::string line =
      as_ordinary_user([&] { return error_of_opening(path, OpenMode::read_only, newer); });
  fs::permissions(folder.path(), fs::perms(0755));
  EXPECT_THAT(line, HasSubstr("has schema " + std::to_string(newest_known()) +
                              " and this Ridgepoint reads " + std::to_string(newest_known() + 1)));
  EXPECT_THAT(line, HasSubstr("read-only"));
  EXPECT_EQ(bytes_of(path), before);
}

TEST(SchemaSteps, BringUpADatabaseThatTheFirstSchemaWrote) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const fs::path golden =
      std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/databases/schema-1.db";
  for (const fs::path& copy : {path, folder / "old.db"}) {
    fs::copy_file(golden, copy);
    fs::permissions(copy, fs::perms(0644));
  }
  Store store(path, OpenMode::read_write);
  EXPECT_EQ(store.schema_version(), newest_known());
  EXPECT_EQ(store.check_integrity(), "ok");
  ASSERT_EQ(store.list_runs().size(), 2U);
  const Record record = store.record(store.resolve_run("schema 1, an operator"), 0);
  EXPECT_EQ(record.outcome, Outcome::ok);
  const Series* run = record.measurement.find("run");
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->samples.size(), 320U);
  EXPECT_TRUE(run->process_counts.empty());
  EXPECT_TRUE(record.measurement.op_times.empty());
  EXPECT_TRUE(fs::exists(folder / "runs.db.schema1.backup"));

  Store other(folder / "other.db", OpenMode::read_write);
  other.merge_from(folder / "old.db");
  EXPECT_EQ(other.list_runs().size(), 2U) << "merging brings up a copy";
}

TEST(SchemaSteps, AreNotTakenForABackup) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  Store::back_up(path, folder / "copy.db", newer);
  EXPECT_EQ(Store(folder / "copy.db", OpenMode::read_only).records(id).size(), 1U)
      << "the schema that it had";
  EXPECT_THAT(error_of([&] { Store::back_up(path, folder / "copy.db", newer); }),
              HasSubstr("exists already"));
  EXPECT_THROW(Store::back_up(folder / "none.db", folder / "other.db"), Error);
}

TEST(SchemaSteps, ThatFailLeaveTheDatabaseUntouched) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  const std::string before = bytes_of(path);
  std::vector<Migration> steps;
  for (const std::string_view bad :
       {"CREATE TABLE half (a TEXT) STRICT; ALTER TABLE nothing RENAME TO something;",
        "DELETE FROM run_cases;",  // records would refer to nothing
        "not even SQL"}) {
    const StoreOptions newer = knowing(steps, bad);
    const std::string line = error_of_opening(path, OpenMode::read_write, newer);
    EXPECT_THAT(line, HasSubstr("the database is as it was")) << bad;
    EXPECT_EQ(bytes_of(path), before) << bad;
    EXPECT_THAT(names_in(folder), ::testing::ElementsAre("runs.db")) << bad;
  }
  const Store store(path, OpenMode::read_write);
  EXPECT_EQ(store.records(id).size(), 1U);
}

TEST(SchemaSteps, ThatFindTheDiskFullLeaveTheDatabaseUntouched) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  const std::string before = bytes_of(path);
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  {
    const FailingDisk disk;
    FailingDisk::set_full(true);
    EXPECT_THAT(error_of_opening(path, OpenMode::read_write, newer), HasSubstr("no space left"));
  }
  EXPECT_EQ(bytes_of(path), before);
  EXPECT_THAT(names_in(folder), ::testing::ElementsAre("runs.db"));
  EXPECT_EQ(Store(path, OpenMode::read_only).records(id).size(), 1U);
}

TEST(SchemaSteps, HappenOnceWhenManyProcessesOpenTogether) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  const std::string id = run_id_in_new_store(path);
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(in_child([&] {
      const Store store(path, OpenMode::read_write, newer);
      if (store.records(id).size() != 1) throw std::runtime_error("record lost");
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(exit_code_of(child), 0);
  // Where two close at once, neither is the last to SQLite, and the log stays for the next to take
  // in.
  EXPECT_EQ(Store(path, OpenMode::read_write, newer).records(id).size(), 1U);
  EXPECT_THAT(names_in(folder), ::testing::ElementsAre("runs.db", backup_name()));
  SQLite::Database raw(path.string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(raw.execAndGet("SELECT count(*) FROM visits").getInt(), 1);
}

TEST(SchemaSteps, MakeANewDatabaseOnceWhenManyProcessesOpenTogether) {
  std::vector<Migration> steps;
  const StoreOptions newer = knowing(steps, kSecondStep);
  for (int round = 0; round < 20; ++round) {
    const TestFolder folder;
    const auto path = folder / "runs.db";
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      children.push_back(in_child([&] {
        Store store(path, OpenMode::read_write, newer);
        store.begin_run(example_run(), {example_case()});
      }));
    }
    for (const pid_t child : children) ASSERT_EQ(exit_code_of(child), 0) << round;
    const Store store(path, OpenMode::read_only, newer);
    ASSERT_EQ(store.list_runs().size(), 6U) << round;
    ASSERT_EQ(store.check_integrity(), "ok") << round;
  }
}

TEST(SchemaSteps, NeverOverwriteAnEarlierBackup) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  run_id_in_new_store(path);
  std::ofstream(folder / backup_name()) << "precious";
  std::vector<Migration> steps;
  const Store store(path, OpenMode::read_write, knowing(steps, kSecondStep));
  EXPECT_EQ(bytes_of(folder / backup_name()), "precious");
  EXPECT_TRUE(fs::exists(folder / (backup_name() + "2")));
}

}  // namespace
}  // namespace ridgepoint

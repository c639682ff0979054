// A run whose id follows from its content, brought in again: recognised when all of it is there,
// compared and made whole when not.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "results/store/store.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/store/child_process.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kRecords = 3000;

/// `looked_at` counts how often the records were asked for.
RecordStream content_stream(int& looked_at) {
  RecordStream stream;
  stream.run = example_run();
  stream.run.id = "3b1c9a52-6d1e-5c3f-8a77-0f6a3c1d2e4b";
  stream.run.status = "finished";
  stream.id_follows_from_content = true;
  stream.records = [run = stream.run, &looked_at](const RecordSink& sink) {
    ++looked_at;
    for (std::int64_t i = 0; i < kRecords; ++i) {
      Record record = example_record(run, i, example_case(1 + i % 7));
      char id[40];
      std::snprintf(id, sizeof id, "3b1c9a52-6d1e-8c3f-8a77-%012llx",
                    static_cast<unsigned long long>(i));
      record.id = id;
      record.started_unix_ns = 1'000 + i;
      sink(std::move(record));
    }
  };
  return stream;
}

std::int64_t stored_records(const Store& store, const std::string& run_id) {
  return static_cast<std::int64_t>(store.records(run_id, false).size());
}

TEST(ImportAgain, ACompleteRunIsRecognisedWithoutALookAtItsRecords) {
  const TestFolder folder;
  Store store(folder / "a.db", OpenMode::read_write);
  int looked_at = 0;
  const RecordStream stream = content_stream(looked_at);
  EXPECT_EQ(store.merge_run(stream, "file").records_added, kRecords);
  ASSERT_EQ(looked_at, 1);
  const MergeReport again = store.merge_run(stream, "file");
  EXPECT_TRUE(again.recognised);
  EXPECT_EQ(again.runs_known, 1);
  EXPECT_EQ(again.records_known, kRecords);
  EXPECT_EQ(again.records_added, 0);
  EXPECT_EQ(looked_at, 1);
}

TEST(ImportAgain, AnIdAloneIsNotTrusted) {
  const TestFolder folder;
  int looked_at = 0;
  const RecordStream stream = content_stream(looked_at);
  {
    Store store(folder / "a.db", OpenMode::read_write);
    store.merge_run(stream, "file");
    SQLite::Database raw((folder / "a.db").string(), SQLite::OPEN_READWRITE);
    raw.exec("PRAGMA foreign_keys = ON; DELETE FROM records WHERE ordinal >= 1000");
  }
  Store store(folder / "a.db", OpenMode::read_write);
  const MergeReport mended = store.merge_run(stream, "file");
  EXPECT_FALSE(mended.recognised);
  EXPECT_EQ(mended.records_added, kRecords - 1000);
  EXPECT_EQ(mended.records_known, 1000);
  EXPECT_EQ(stored_records(store, stream.run.id), kRecords);
  EXPECT_TRUE(store.merge_run(stream, "file").recognised);
}

TEST(ImportAgain, ARunWithoutAMarkIsComparedOnceAndRecognisedFromThenOn) {
  const TestFolder folder;
  int looked_at = 0;
  const RecordStream stream = content_stream(looked_at);
  Store store(folder / "a.db", OpenMode::read_write);
  store.merge_run(stream, "file");
  {
    SQLite::Database raw((folder / "a.db").string(), SQLite::OPEN_READWRITE);
    raw.exec("DELETE FROM imports");  // as older versions left it
  }
  const MergeReport compared = store.merge_run(stream, "file");
  EXPECT_FALSE(compared.recognised);
  EXPECT_EQ(compared.records_known, kRecords);
  EXPECT_EQ(compared.records_added, 0);
  EXPECT_TRUE(store.merge_run(stream, "file").recognised);
}

TEST(ImportAgain, ARunIsStillRecognisedInTheDatabaseThatItWasMergedInto) {
  const TestFolder folder;
  int looked_at = 0;
  const RecordStream stream = content_stream(looked_at);
  Store(folder / "a.db", OpenMode::read_write).merge_run(stream, "file");
  Store store(folder / "b.db", OpenMode::read_write);
  store.merge_from(folder / "a.db");
  EXPECT_TRUE(store.merge_run(stream, "file").recognised);
}

TEST(ImportAgain, AKilledImportLeavesNothingAndTheNextOneAll) {
  const TestFolder folder;
  const auto path = folder / "a.db";
  { const Store schema(path, OpenMode::read_write); }
  int looked_at = 0;
  const RecordStream stream = content_stream(looked_at);
  for (const std::int64_t killed_at : {1, 700, 2999}) {
    const pid_t child = in_child([&] {
      RecordStream dying = stream;
      dying.records = [&](const RecordSink& sink) {
        std::int64_t seen = 0;
        stream.records([&](Record record) {
          if (seen++ == killed_at) ::raise(SIGKILL);
          sink(std::move(record));
        });
      };
      Store(path, OpenMode::read_write).merge_run(dying, "file");
    });
    EXPECT_EQ(exit_code_of(child), -1) << "it was to be killed";
    const Store store(path, OpenMode::read_write);
    EXPECT_EQ(store.check_integrity(), "ok");
    EXPECT_TRUE(store.list_runs().empty());
  }
  Store store(path, OpenMode::read_write);
  const MergeReport report = store.merge_run(stream, "file");
  EXPECT_FALSE(report.recognised);
  EXPECT_EQ(report.records_added, kRecords);
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(ImportAgain, ARunWithIdsOfItsOwnIsAlwaysCompared) {
  const TestFolder folder;
  Store store(folder / "a.db", OpenMode::read_write);
  int looked_at = 0;
  RecordStream stream = content_stream(looked_at);
  stream.id_follows_from_content = false;
  store.merge_run(stream, "file");
  const MergeReport again = store.merge_run(stream, "file");
  EXPECT_FALSE(again.recognised);
  EXPECT_EQ(again.records_known, kRecords);
}

}  // namespace
}  // namespace ridgepoint

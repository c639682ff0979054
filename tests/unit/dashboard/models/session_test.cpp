#include "dashboard/models/session.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <QSignalSpy>
#include <fstream>

#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(Session, TellsAMissingDatabaseFromAnEmptyOneAndSeesItCome) {
  const TemporaryFolder folder;
  Session session;
  session.open(folder / "none.db");
  EXPECT_EQ(session.state(), Session::State::missing);
  { const Store made(folder / "none.db", OpenMode::read_write); }
  session.look();
  EXPECT_EQ(session.state(), Session::State::empty);
  store_run(folder / "none.db", op_run("first", {1.0}, 1));
  session.look();
  EXPECT_EQ(session.state(), Session::State::ready);
}

TEST(Session, FollowsADatabaseThatAnotherProcessWrites) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  ASSERT_EQ(session.runs()->runs.size(), 3U);
  const auto generation = session.generation();
  session.look();
  EXPECT_EQ(session.generation(), generation) << "nobody wrote";
  store_run(data.database, started_at(op_run("later", {1.0}, 5), 3));
  session.look();
  EXPECT_TRUE(wait_until([&] { return session.runs()->runs.size() == 4; }));
  EXPECT_GT(session.generation(), generation);
}

TEST(Session, SeesThatADatabaseIsDeletedAndThatAnotherTakesItsPlace) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  session.choose_run(data.after.run.id);
  const auto remove = [&] {
    for (const char* of : {"", "-wal", "-shm"}) {
      std::filesystem::remove(data.database.string() + of);
    }
  };
  remove();
  session.look();
  EXPECT_EQ(session.state(), Session::State::missing);
  EXPECT_THAT(session.problem().toStdString(), HasSubstr("deleted or moved"));
  store_run(data.database, op_run("another", {1.0}, 5));
  session.look();
  ASSERT_TRUE(wait_until([&] { return session.runs()->complete; }));
  EXPECT_EQ(session.runs()->runs.size(), 1U);
  const ThreeRuns other;
  remove();
  std::filesystem::rename(other.database, data.database);
  session.look();
  EXPECT_TRUE(wait_until([&] { return session.runs()->runs.size() == 3; }));
  EXPECT_EQ(session.runs()->runs.front().run().id, other.broken.run.id);
}

TEST(Session, SaysWhatIsWrongWithADatabaseThatItCannotRead) {
  const TemporaryFolder folder;
  folder.write("text.db", "This is no database at all, but it is long enough to look like a page.");
  Session session;
  session.open(folder / "text.db");
  EXPECT_EQ(session.state(), Session::State::unreadable);
  EXPECT_THAT(session.problem().toStdString(), HasSubstr("text.db is not a SQLite database"));

  { const Store made(folder / "newer.db", OpenMode::read_write); }
  SQLite::Database((folder / "newer.db").string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 9999");
  session.open(folder / "newer.db");
  EXPECT_THAT(session.problem().toStdString(), HasSubstr("was written by a newer Ridgepoint"));
}

TEST(Session, DoesNotWaitForAPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe.db").c_str(), 0600), 0);
  Session session;
  session.open(folder / "pipe.db");
  EXPECT_EQ(session.state(), Session::State::unreadable);
  EXPECT_THAT(session.problem().toStdString(), HasSubstr("a pipe"));
}

TEST(Session, BringsUpADatabaseOfAnOlderSchemaWithoutKeepingAnyoneWaiting) {
  const TemporaryFolder folder;
  const auto path = folder / "old.db";
  std::filesystem::copy_file(
      std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/databases/schema-1.db", path);
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  Session session;
  session.open(path);
  EXPECT_EQ(session.state(), Session::State::older);
  session.look();
  EXPECT_EQ(session.state(), Session::State::older) << "once is enough";
  ASSERT_TRUE(wait_until([&] { return session.state() == Session::State::ready; }));
  EXPECT_EQ(session.runs()->runs.size(), 2U);
  EXPECT_TRUE(std::filesystem::exists(folder / "old.db.schema1.backup"));
}

TEST(Session, SurvivesADatabaseThatIsDamagedInTheMiddle) {
  constexpr std::int64_t kIntact = 4096 * 24;  // the schema, without which it is no database at all
  const ThreeRuns data;
  SQLite::Database(data.database.string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA wal_checkpoint(TRUNCATE)");
  {
    std::fstream file(data.database, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(data.database));
    file.seekp(kIntact);
    const std::string noise(static_cast<std::size_t>(size - kIntact), '\x5a');
    file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
  }
  Session session;
  session.open(data.database);
  wait_until([&] { return !session.loading(); });
  const auto run = session.run(data.before.run.id);
  const bool said = session.state() == Session::State::unreadable || run.value == nullptr;
  EXPECT_TRUE(said);
  const QString words = session.problem() + run.problem;
  EXPECT_THAT(words.toStdString(), HasSubstr("damaged"));
}

TEST(Session, SaysThatAnotherProcessHoldsTheDatabase) {
  const TemporaryFolder folder;
  { const Store made(folder / "held.db", OpenMode::read_write); }
  SQLite::Database holder((folder / "held.db").string(), SQLite::OPEN_READWRITE);
  holder.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  Session session;
  session.open(folder / "held.db");
  EXPECT_EQ(session.state(), Session::State::unreadable);
  EXPECT_THAT(session.problem().toStdString(), HasSubstr("is locked by another process"));
  holder.exec("COMMIT");
  session.look();
  EXPECT_EQ(session.state(), Session::State::empty);
}

TEST(Session, ComparesTheChosenRunWithThePinnedOne) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  EXPECT_FALSE(session.comparison().problem.isEmpty());
  session.pin_baseline(data.before.run.id);
  session.choose_run(data.after.run.id);
  const auto compared = session.comparison();
  ASSERT_NE(compared.value, nullptr);
  EXPECT_EQ(compared.value->comparison.verdict, Verdict::slower);
  EXPECT_EQ(session.comparison().value, compared.value) << "made once";

  Place typed = session.place();
  typed.side_b = "no such thing";
  session.go(typed);
  EXPECT_THAT(session.comparison().problem.toStdString(), HasSubstr("no such thing"));
}

TEST(Session, GoesBackToWhereSomeoneWas) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  QSignalSpy moved(&session, &Session::place_changed);
  session.choose_run(data.before.run.id);
  session.choose_run(data.after.run.id);
  session.pin_baseline(data.before.run.id);
  EXPECT_EQ(moved.count(), 3);
  session.back();
  EXPECT_TRUE(session.place().baseline.empty());
  EXPECT_EQ(session.place().run, data.after.run.id);
  session.back();
  EXPECT_EQ(session.place().run, data.before.run.id);
  session.forward();
  EXPECT_EQ(session.place().run, data.after.run.id);
  session.choose_run(data.broken.run.id);
  session.forward();
  EXPECT_EQ(session.place().run, data.broken.run.id) << "what lay ahead is forgotten";
}

TEST(Session, TakesLettersTypedIntoTheSearchBoxForOnePlace) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  session.choose_run(data.before.run.id);
  for (const char* typed : {"a", "af", "aft"}) {
    Place next = session.place();
    next.filter = typed;
    session.amend(next);
  }
  session.back();
  EXPECT_TRUE(session.place().run.empty());
  EXPECT_TRUE(session.place().filter.isEmpty());
}

}  // namespace
}  // namespace ridgepoint

// Tags and notes: what is written last holds, in one database and over merged ones.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/compare/side_text.h"
#include "results/exchange/json_export.h"
#include "results/report/table.h"
#include "results/store/store.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Marking : public ::testing::Test {
 protected:
  Marking()
      : here(folder / "here.db", OpenMode::read_write),
        there(folder / "there.db", OpenMode::read_write) {
    here.begin_run(run, {example_case()});
    there.merge_from(here.path());
  }
  [[nodiscard]] std::vector<std::string> tags(const Store& store) const {
    return store.run(run.id).marks.tag_names();
  }
  [[nodiscard]] std::string note(const Store& store) const { return store.run(run.id).marks.note; }
  /// As if all that was said so far had been said at this moment.
  static void date(const Store& store, std::int64_t unix_ns) {
    SQLite::Database raw(store.path().string(), SQLite::OPEN_READWRITE);
    for (const char* table : {"run_tags", "run_notes"}) {
      raw.exec(std::string("UPDATE ") + table +
               " SET changed_unix_ns = " + std::to_string(unix_ns));
    }
  }

  TestFolder folder;
  StoredRun run = example_run();
  Store here;
  Store there;
};

TEST_F(Marking, KeepsTagsAndANoteAndTakesThemAway) {
  EXPECT_EQ(here.set_tags(run.id, {"paper", "best"}, true), 2);
  EXPECT_EQ(here.set_tags(run.id, {"best"}, true), 0) << "it is there already";
  EXPECT_TRUE(here.set_note(run.id, "fan was off"));
  EXPECT_FALSE(here.set_note(run.id, "fan was off"));
  EXPECT_THAT(tags(here), ElementsAre("best", "paper"));
  EXPECT_EQ(here.list_runs().front().run.marks, here.run(run.id).marks);
  EXPECT_EQ(here.runs().front().marks, here.run(run.id).marks);
  EXPECT_EQ(here.set_tags(run.id, {"paper", "never"}, false), 1);
  EXPECT_THAT(tags(here), ElementsAre("best"));
  EXPECT_TRUE(here.set_note(run.id, ""));
  EXPECT_EQ(note(here), "");
  EXPECT_EQ(here.check_integrity(), "ok");
}

TEST_F(Marking, RefusesWhatIsNoTagAndRunsThatAreNotThere) {
  EXPECT_THAT(error_of([&] { here.set_tags(run.id, {"two words"}, true); }),
              HasSubstr("tag 'two words' holds a blank or a comma"));
  EXPECT_THAT(error_of([&] { here.set_tags(run.id, {""}, true); }), HasSubstr("is empty"));
  EXPECT_THAT(error_of([&] { here.set_tags(run.id, {"-x"}, true); }), HasSubstr("begins with '-'"));
  EXPECT_THAT(error_of([&] { here.set_tags("nobody", {"x"}, true); }), HasSubstr("no run nobody"));
  EXPECT_THAT(error_of([&] { here.set_note("nobody", "x"); }), HasSubstr("no run nobody"));
  EXPECT_THAT(tags(here), IsEmpty());
}

TEST_F(Marking, AChangeHoldsEvenWhereTheClockWentBack) {
  here.set_tags(run.id, {"best"}, true);
  here.set_note(run.id, "first");
  constexpr std::int64_t kFarAhead = 4'000'000'000'000'000'000;
  date(here, kFarAhead);
  here.set_tags(run.id, {"best"}, false);
  here.set_note(run.id, "second");
  EXPECT_EQ(here.run(run.id).marks.tags.front().changed_unix_ns, kFarAhead + 1);
  EXPECT_EQ(here.run(run.id).marks.note_changed_unix_ns, kFarAhead + 1);
}

TEST_F(Marking, MergingBringsTheTagsOfBothAndTheNewestNoteWhicheverWay) {
  here.set_tags(run.id, {"mine", "both"}, true);
  here.set_note(run.id, "older");
  date(here, 1000);
  there.set_tags(run.id, {"theirs", "both"}, true);
  there.set_note(run.id, "newer");
  date(there, 2000);
  here.merge_from(there.path());
  there.merge_from(here.path());
  EXPECT_THAT(tags(here), ElementsAre("both", "mine", "theirs"));
  EXPECT_EQ(note(here), "newer");
  EXPECT_EQ(here.run(run.id).marks, there.run(run.id).marks);
  const RunMarks once = here.run(run.id).marks;
  here.merge_from(there.path());
  EXPECT_EQ(here.run(run.id).marks, once);
}

TEST_F(Marking, MergingAnOlderCopyDoesNotBringBackWhatWasTakenOff) {
  there.set_tags(run.id, {"best"}, true);
  there.set_note(run.id, "wrong");
  date(there, 1000);
  here.merge_from(there.path());
  here.set_tags(run.id, {"best"}, false);
  here.set_note(run.id, "");
  here.merge_from(there.path());
  EXPECT_THAT(tags(here), IsEmpty());
  EXPECT_EQ(note(here), "");
  there.merge_from(here.path());
  EXPECT_THAT(tags(there), IsEmpty());
}

TEST_F(Marking, SaidAtOnceATagStaysAndBothSidesAgree) {
  here.set_tags(run.id, {"best"}, true);
  there.merge_from(here.path());
  there.set_tags(run.id, {"best"}, false);
  here.set_note(run.id, "b");
  there.set_note(run.id, "a");
  date(here, 1000);
  date(there, 1000);
  there.merge_from(here.path());
  here.merge_from(there.path());
  EXPECT_THAT(tags(here), ElementsAre("best"));
  EXPECT_THAT(tags(there), ElementsAre("best"));
  EXPECT_EQ(note(here), "b");
  EXPECT_EQ(note(there), "b");
}

TEST_F(Marking, ExportsAndImportsCarryThem) {
  here.set_tags(run.id, {"best", "gone"}, true);
  here.set_tags(run.id, {"gone"}, false);
  here.set_note(run.id, "über \"all\"");
  const RunWithRecords read = run_from_json(run_to_json(here.whole_run(run.id)), "a test");
  EXPECT_EQ(read.run.marks, here.run(run.id).marks);
  there.merge_run(read, "a test");
  EXPECT_EQ(there.run(run.id).marks, here.run(run.id).marks) << "of a run that is known";
  Store empty(folder / "empty.db", OpenMode::read_write);
  empty.merge_run(read, "a test");
  EXPECT_EQ(empty.run(run.id).marks, here.run(run.id).marks) << "of a run that is new";
}

TEST_F(Marking, AnExportFromBeforeThereWereMarksIsReadAndADamagedOneIsNot) {
  std::string json = run_to_json(here.whole_run(run.id));
  const std::string marks = R"("tags":[],)";
  const std::size_t at = json.find(marks);
  ASSERT_NE(at, std::string::npos);
  json.erase(at, marks.size());
  EXPECT_THAT(run_from_json(json, "old.json").run.marks.tags, IsEmpty());
  json.insert(at, R"("tags":[{"name":"a b","present":true,"changed_unix_ns":1}],)");
  EXPECT_THAT(error_of([&] { run_from_json(json, "bad.json"); }),
              HasSubstr("a tag has a \"name\" that holds a blank"));
}

TEST_F(Marking, RunsAreFoundByThemAndTablesShowThemOnlyWhereThereAreAny) {
  EXPECT_THAT(runs_table(here.list_runs()), Not(HasSubstr("tags")));
  here.set_tags(run.id, {"best", "paper"}, true);
  here.set_note(run.id, "first line\nsecond line");
  const std::string table = runs_table(here.list_runs());
  EXPECT_THAT(table, HasSubstr("best paper"));
  EXPECT_THAT(table, HasSubstr("first line ..."));
  EXPECT_THAT(run_table(here.whole_run(run.id)), HasSubstr("Tags: best, paper\n"));
  const StoredRun stored = here.run(run.id);
  EXPECT_TRUE(fits(SideFilter{"tag", "best"}, stored));
  EXPECT_FALSE(fits(SideFilter{"tag", "bes"}, stored));
  EXPECT_TRUE(fits(SideFilter{"note", "SECOND"}, stored));
}

}  // namespace
}  // namespace ridgepoint

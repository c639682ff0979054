#include "dashboard/models/run_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {
namespace {

std::vector<std::string> labels(const RunList& list, const char* typed) {
  std::vector<std::string> found;
  const RunFilter filter = RunFilter::parse(typed);
  EXPECT_TRUE(filter.problem().isEmpty()) << filter.problem().toStdString();
  for (const auto i : filter.apply(list)) found.push_back(list.runs[i].run().label);
  return found;
}

TEST(RunFilter, FindsRunsByWhatTheySayOfThemselves) {
  const ThreeRuns data;
  const SharedRuns all = read_all_runs(data.database);
  using ::testing::ElementsAre;
  EXPECT_THAT(labels(*all, ""), ElementsAre("broken", "after", "before"));
  EXPECT_THAT(labels(*all, "AFT"), ElementsAre("after"));
  EXPECT_THAT(labels(*all, "branch:top"), ElementsAre("broken"));
  EXPECT_THAT(labels(*all, "-branch:topic is:dirty"), ElementsAre("after", "before"));
  EXPECT_THAT(labels(*all, "is:failing"), ElementsAre("broken"));
  EXPECT_THAT(labels(*all, "machine:example suite:smoke label:e"),
              ElementsAre("broken", "after", "before"));
  EXPECT_THAT(labels(*all, "commit:0123 before"), ElementsAre("before"));
  EXPECT_THAT(labels(*all, "branch:main nothing-like-this"), ElementsAre());
}

TEST(RunFilter, FindsRunsByTagsAndNotes) {
  const ThreeRuns data;
  Store store(data.database, OpenMode::read_write);
  store.set_tags(data.after.run.id, {"best", "paper"}, true);
  store.set_tags(data.before.run.id, {"best"}, true);
  store.set_tags(data.before.run.id, {"best"}, false);
  store.set_note(data.broken.run.id, "The fan was off");
  const SharedRuns all = read_all_runs(data.database);
  using ::testing::ElementsAre;
  EXPECT_THAT(labels(*all, "tag:best"), ElementsAre("after"));
  EXPECT_THAT(labels(*all, "-tag:best"), ElementsAre("broken", "before"));
  EXPECT_THAT(labels(*all, "note:fan"), ElementsAre("broken"));
  EXPECT_THAT(labels(*all, "paper"), ElementsAre("after")) << "bare words look there too";
}

TEST(RunFilter, AsksTheCasesOfARun) {
  const ThreeRuns data;
  const SharedRuns all = read_all_runs(data.database);
  EXPECT_EQ(labels(*all, "op:matrix rows:2 type:q8").size(), 3U);
  EXPECT_EQ(labels(*all, "rows:3").size(), 0U);
  EXPECT_EQ(labels(*all, "-rows:1").size(), 0U) << "every run has a case of one row";
  EXPECT_EQ(labels(*all, "-rows:3").size(), 3U);
  EXPECT_EQ(labels(*all, "model:llama").size(), 0U) << "operators have no model";
}

TEST(RunFilter, TakesWhatIsHalfTypedForNothingSaidYet) {
  EXPECT_TRUE(RunFilter::parse("backend:").asks_nothing());
  EXPECT_TRUE(RunFilter::parse("is:fai").asks_nothing());
  EXPECT_TRUE(RunFilter::parse("   ").asks_nothing());
}

TEST(RunFilter, SaysWhichKeyThereIsNot) {
  const RunFilter filter = RunFilter::parse("brnch:main");
  EXPECT_THAT(filter.problem().toStdString(), ::testing::HasSubstr("brnch"));
  EXPECT_THAT(filter.problem().toStdString(), ::testing::HasSubstr("branch"));
  EXPECT_TRUE(filter.asks_nothing());
  EXPECT_FALSE(RunFilter::parse("is:happy").problem().isEmpty());
}

TEST(RunList, KnowsTheNewestRunsBeforeAllOfThem) {
  const ThreeRuns data;
  const SharedRuns newest = read_newest_runs(data.database, 2);
  ASSERT_EQ(newest->runs.size(), 2U);
  EXPECT_EQ(newest->runs[0].run().label, "broken");
  EXPECT_EQ(newest->runs[0].failed(), 1);
  EXPECT_EQ(newest->machine_of(newest->runs[0].run()), "Example CPU @ 2.0 GHz, 2 cores");
  EXPECT_FALSE(newest->complete);
  EXPECT_NE(newest->find(data.after.run.id), nullptr);
  EXPECT_EQ(newest->find(data.before.run.id), nullptr);
}

}  // namespace
}  // namespace ridgepoint

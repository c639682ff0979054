#include "harness/wall/wall_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/harness/support/measuring.h"

namespace ridgepoint {
namespace {

/// Three decode cases of one model on an engine that does nothing in a known time.
struct SmallWall {
  SmallWall() {
    model.variant = testing::model_case("null:latency_ns=200000");
    model.load_bytes = 1 << 16;
    for (const std::int64_t batch : {1, 2, 3}) {
      WallCase one;
      one.model = &model;
      one.subject = model.variant;
      one.subject.prompt = 0;
      one.subject.batch = batch;
      one.predicted_seconds = 1e-4;
      cases.push_back(one);
    }
  }

  /// Runs until `most` cases came out. Returns the records stored.
  std::vector<Record> run(int most) {
    Store store(folder.path() / "wall.db", OpenMode::read_write);
    std::atomic<bool> stop{false};
    int seen = 0;
    const std::string id = run_wall(
        store, cases, testing::quick_options(), "", "ridgepoint wall",
        [&](const WallCase&) { stop = ++seen >= most; }, stop);
    RunWithRecords data = store.whole_run(id);
    status = data.run.status;
    return std::move(data.records);
  }

  TemporaryFolder folder;
  WallModel model;
  std::vector<WallCase> cases;
  std::string status;
};

nlohmann::json score_of(const Record& record) {
  return nlohmann::json::parse(record.details).value("score", nlohmann::json::array());
}

TEST(WallRun, StoresTheScoreOfAllCases) {
  SmallWall wall;
  const auto records = wall.run(100);
  EXPECT_EQ(wall.status, "finished");
  ASSERT_EQ(records.size(), 5U) << "predictions, three cases, the score";
  const auto score = score_of(records.back());
  ASSERT_FALSE(score.empty());
  EXPECT_EQ(score[0].at("cases"), 3);
  EXPECT_GT(score[0].at("mean_absolute_error").get<double>(), 0.2) << "half of the engine's time";
}

TEST(WallRun, ThatIsInterruptedStoresTheScoreOfTheCasesUntilThen) {
  SmallWall wall;
  const auto records = wall.run(2);
  EXPECT_EQ(wall.status, "interrupted");
  ASSERT_EQ(records.size(), 4U);
  const auto score = score_of(records.back());
  ASSERT_FALSE(score.empty());
  EXPECT_EQ(score[0].at("cases"), 2);
}

TEST(WallRun, ThatIsInterruptedAtOnceStoresNoScore) {
  SmallWall wall;
  wall.cases.resize(1);
  Store store(wall.folder.path() / "wall.db", OpenMode::read_write);
  const std::atomic<bool> stop{true};
  const std::string id = run_wall(
      store, wall.cases, testing::quick_options(), "", "", [](const WallCase&) {}, stop);
  EXPECT_EQ(store.records(id).size(), 1U);
}

}  // namespace
}  // namespace ridgepoint

#include "harness/wall/wall_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "harness/wall/interrupted.h"
#include "profiler/ceilings/time_together.h"
#include "tests/support/error_of.h"
#include "tests/unit/harness/support/measuring.h"
#include "workloads/error.h"

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

TEST(WallRun, StoresPredictionsBeforeAnyCaseIsRun) {
  SmallWall wall;
  Store store(wall.folder.path() / "wall.db", OpenMode::read_write);
  WallRun run(store, testing::quick_options(), "", "ridgepoint wall");
  EXPECT_TRUE(store.records(run.id()).empty());
  run.add_predictions(wall.model, wall.cases);
  ASSERT_EQ(store.records(run.id()).size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(store.records(run.id())[0].details)["wall"]["predictions"].size(),
            3U);
  run.finish(/*interrupted=*/true);
  EXPECT_EQ(store.run(run.id()).status, "interrupted");
}

TEST(WallScores, KeepModelsThatWereTimedWholeApart) {
  SmallWall wall;
  WallModel whole;
  whole.sliced_layers = whole.outline.config.layers = 8;
  wall.cases[0].model = &whole;
  for (WallCase& one : wall.cases) one.measured_seconds = 2e-4;
  wall.cases[0].measured_seconds = 1e-4;  // as predicted, which is no wonder
  wall.cases[2].subject.kv = "fp8";
  std::map<std::string, double> errors;
  for (const WallScore& score : score_wall(wall.cases)) {
    errors[score.what] = score.mean_absolute_error;
  }
  EXPECT_DOUBLE_EQ(errors.at("decode"), 0.5);
  EXPECT_DOUBLE_EQ(errors.at("decode of models timed whole"), 0);
  EXPECT_TRUE(errors.contains("decode KV fp8"));
}

TEST(WallScores, LeaveOutWhatIsNotToBeTrusted) {
  SmallWall wall;
  for (WallCase& one : wall.cases) one.measured_seconds = 2e-4;
  wall.cases[0].measured_seconds = 1;
  wall.cases[0].not_scored = "mistrusted: it was not cold";
  const auto scores = score_wall(wall.cases);
  ASSERT_FALSE(scores.empty());
  EXPECT_EQ(scores[0].cases, 2);
  EXPECT_DOUBLE_EQ(scores[0].mean_absolute_error, 0.5);
  EXPECT_EQ(not_scored(wall.cases), 1);
}

TEST(WallRun, ScoresNoCaseThatDidNotComeOutAsItShould) {
  SmallWall wall;
  Store store(wall.folder.path() / "wall.db", OpenMode::read_write);
  const std::atomic<bool> never{false};
  int runs = 0;
  RunOptions options = testing::quick_options();
  options.time_limit_seconds = 1e-3;
  const std::string id = run_wall(
      store, wall.cases, options, "", "ridgepoint wall", [&](const WallCase&) { ++runs; }, never);
  EXPECT_EQ(runs, 3);
  for (const WallCase& one : wall.cases) {
    EXPECT_THAT(one.not_scored, ::testing::HasSubstr("timed"));
  }
  EXPECT_TRUE(score_of(store.records(id).back()).empty());
}

TEST(CausalRun, ThatIsStoppedKeepsItsRun) {
  TemporaryFolder folder;
  Store store(folder.path() / "wall.db", OpenMode::read_write);
  Case variant;
  variant.model = "tiny";
  variant.backend = "cpu";
  std::atomic<bool> stop{false};
  SliceOptions options;
  std::vector<std::string> heard;
  options.stop = &stop;
  options.report = [&](const std::string& what) {
    heard.push_back(what);
    if (what == "decode, batch 16") stop = true;
  };
  try {
    const auto [id, tests] = run_causal_tests([&]() -> Store& { return store; }, variant, options,
                                              2, "", "ridgepoint wall");
    EXPECT_TRUE(tests.interrupted);
    EXPECT_EQ(store.run(id).status, "interrupted");
    EXPECT_EQ(store.records(id).size(), tests.tests.size());
    EXPECT_FALSE(tests.tests.empty()) << "decoding one sequence was done";
    EXPECT_THAT(heard, ::testing::Contains("decode, batch 1: round 1 of 2 at the most"));
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();  // one core only
  }
}

TEST(CausalRun, ThatCannotBeginLeavesNothingBehind) {
  cpu_set_t all, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  Case variant;
  variant.model = "tiny";
  variant.backend = "cpu";
  const auto never = []() -> Store& { throw std::logic_error("the store was opened"); };
  EXPECT_THAT(error_of([&] { run_causal_tests(never, variant, SliceOptions(), 2, "", ""); }),
              ::testing::HasSubstr("needs a core for the antagonist"));
  EXPECT_EQ(::sched_setaffinity(0, sizeof all, &all), 0);
}

TEST(CausalRun, ThatIsInterruptedAtOnceLeavesNothingBehind) {
  if (ceilings::one_cpu_a_core().size() < 2) GTEST_SKIP() << "one core only";
  Case variant;
  variant.model = "tiny";
  variant.backend = "cpu";
  const std::atomic<bool> stop{true};
  SliceOptions options;
  options.stop = &stop;
  const auto never = []() -> Store& { throw std::logic_error("the store was opened"); };
  EXPECT_THROW(run_causal_tests(never, variant, options, 2, "", ""), Interrupted);
}

}  // namespace
}  // namespace ridgepoint

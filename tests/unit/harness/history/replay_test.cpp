// What stored A/B sessions say of a change, and which command is offered for it.
#include "harness/history/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "harness/ab/ab_options.h"
#include "results/history/replay_label.h"
#include "results/store/store.h"
#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ReplayOptions build_with(const std::string& command) {
  ReplayOptions options;
  options.build = command;
  return options;
}

ReplayOptions between(const std::string& side_a, const std::string& side_b) {
  ReplayOptions options;
  options.side_a = side_a;
  options.side_b = side_b;
  return options;
}

/// A model that decodes 10 % slower since its second commit.
History slower_history() {
  History history;
  history.subject.subject.generate = 8;
  history.subject.hash = case_hash(history.subject.subject);
  history.metric = "tpot_ns";
  history.unit = "ns";
  history.better = Better::lower;
  history.points.resize(2);
  history.points[0].row.run.git_commit = std::string(40, 'a');
  history.points[1].row.run.git_commit = std::string(40, 'b');
  history.changes.push_back({.before = 0,
                             .after = 1,
                             .median_before = 100,
                             .median_after = 110,
                             .count_before = 20,
                             .count_after = 20,
                             .p = 0.001,
                             .direction = ChangeDirection::worse,
                             .replay = {}});
  return history;
}

class ReplayOfChange : public ::testing::Test {
 protected:
  /// A session with B's TTFT and TPOT so many times A's, pair after pair.
  std::string add_session(double ttft_ratio, double tpot_ratio, int pairs, Verdict verdict) {
    AbSession session;
    session.id = new_uuid();
    session.label = replay_label(history_, history_.changes[0]);
    session.options = to_json(AbOptions{});
    session.started_unix_ns = ++sessions_;
    store_.begin(session);
    store_.set_figures(session.id, {{"llm m pp8 tg8 TTFT", "llm m pp8 tg8 TTFT", "ns", false},
                                    {"llm m pp8 tg8 TPOT", "llm m pp8 tg8 TPOT", "ns", false}});
    for (int i = 0; i < pairs; ++i) {
      const double wiggle = 1 + 0.001 * (i % 3);
      store_.add_pair(session.id, {.ordinal = i,
                                   .b_first = false,
                                   .started_unix_ns = 0,
                                   .duration_ns = 1,
                                   .a = {100, 100},
                                   .b = {100 * ttft_ratio * wiggle, 100 * tpot_ratio * wiggle},
                                   .a_least = {100, 100},
                                   .b_least = {100, 100},
                                   .steal_share = 0,
                                   .involuntary_switches = 0,
                                   .major_faults = 0,
                                   .dropped = {}});
    }
    store_.finish(session.id, "finished", verdict, "because", "", 1);
    return session.id;
  }

  const Replay& attached(const ReplayOptions& options = {}) {
    history_.changes[0].replay = {};
    attach_replays(history_, store_, options);
    return history_.changes[0].replay;
  }

  TemporaryFolder folder_;
  AbStore store_{folder_ / "runs.db", OpenMode::read_write};
  History history_ = slower_history();
  std::int64_t sessions_ = 0;
};

TEST_F(ReplayOfChange, IsOfferedAsACommandAtHalfTheEffectFloor) {
  const Replay& replay = attached();
  EXPECT_EQ(replay.confirmation, Confirmation::none);
  EXPECT_THAT(replay.command,
              AllOf(HasSubstr("ridgepoint ab --refs aaaaaaaaaaaa..bbbbbbbbbbbb"),
                    HasSubstr("--bench 'build:build --workload llm"), HasSubstr("--tolerance 1%"),
                    HasSubstr("--label 'confirm " + history_.subject.hash)));
  EXPECT_EQ(replay.commits, std::nullopt);  // no repository knows them
}

TEST_F(ReplayOfChange, IsConfirmedByTheSameDirection) {
  const auto id = add_session(1.1, 1.1, 40, Verdict::slower);
  EXPECT_EQ(attached().confirmation, Confirmation::confirmed);
  EXPECT_EQ(attached().session_id, id);
  history_.changes[0].direction = ChangeDirection::better;
  EXPECT_EQ(attached().confirmation, Confirmation::refuted);
}

TEST_F(ReplayOfChange, IsJudgedByTheFigureOfItsMetric) {
  add_session(1.1, 1.0, 60, Verdict::slower);
  EXPECT_EQ(attached().verdict, Verdict::same);
  EXPECT_EQ(attached().confirmation, Confirmation::refuted);
}

TEST_F(ReplayOfChange, GoesOnWhereItIsUndecided) {
  const auto id = add_session(1.1, 1.1, 3, Verdict::undecided);
  const Replay& replay = attached(
      {.build = {}, .bench = {}, .side_a = {}, .side_b = {}, .budget = "1h", .database = {}});
  EXPECT_EQ(replay.confirmation, Confirmation::undecided);
  EXPECT_EQ(replay.command, "ridgepoint ab --resume " + id.substr(0, 8) + " --budget 1h");
}

TEST_F(ReplayOfChange, TakesADecisionBeforeALaterUndecidedSession) {
  const auto decided = add_session(1.1, 1.1, 40, Verdict::slower);
  add_session(1.1, 1.1, 3, Verdict::undecided);
  EXPECT_EQ(attached().session_id, decided);
}

TEST_F(ReplayOfChange, OfAPluginNeedsItsBuild) {
  history_.subject.subject.backend = "./libengine.so";
  EXPECT_THAT(attached().obstacle, HasSubstr("--build"));
  EXPECT_EQ(attached().command, "");
  EXPECT_THAT(error_of([&] { return replay_arguments(history_, history_.changes[0], {}); }),
              HasSubstr("--build"));
  const Replay& replay = attached(build_with("make"));
  EXPECT_THAT(replay.command,
              AllOf(HasSubstr("--build make"), HasSubstr("--bench 'run:--workload")));
}

TEST_F(ReplayOfChange, NeedsTwoCommits) {
  history_.points[0].row.run.git_commit = "";
  EXPECT_THAT(attached().obstacle, HasSubstr("no commit"));
  history_.points[0].row.run.git_commit = history_.points[1].row.run.git_commit;
  EXPECT_THAT(attached().obstacle, AllOf(HasSubstr("the same commit"), HasSubstr("--a build:DIR")));
}

TEST_F(ReplayOfChange, OfAPluginWithAPathOfItsOwnNeedsBothLibraries) {
  history_.subject.subject.backend = "/opt/engine.so:work=spin";
  EXPECT_THAT(attached(build_with("make")).obstacle, HasSubstr("--a OLD.so"));
  const Replay& replay = attached(between("old/engine.so", "./engine.so:work=memory"));
  EXPECT_THAT(replay.command,
              AllOf(HasSubstr("--backend old/engine.so:work=spin"),
                    HasSubstr("--backend ./engine.so:work=memory"), Not(HasSubstr("--refs"))));
}

TEST_F(ReplayOfChange, RunsTheCaseOnTwoBuildsThatSomebodyKept) {
  history_.points[0].row.run.git_commit = "";
  history_.points[0].row.run.id = "11111111-0000";
  history_.points[1].row.run.id = "22222222-0000";
  const Replay& replay = attached(between("build:old", "build:new --model m.gguf"));
  EXPECT_THAT(
      replay.command,
      AllOf(HasSubstr("--a 'build:old --workload llm"), HasSubstr("--b 'build:new --model m.gguf'"),
            HasSubstr(" run-11111111..run-22222222'"), Not(HasSubstr("--bench"))));
}

TEST_F(ReplayOfChange, NamesFilesByPathsThatHoldInAnyFolder) {
  namespace fs = std::filesystem;
  const fs::path file = folder_ / "m.gguf";
  std::ofstream(file) << "weights";
  history_.subject.subject.model = fs::relative(file).string();
  ASSERT_FALSE(fs::path(history_.subject.subject.model).is_absolute());
  EXPECT_THAT(attached().command, HasSubstr("--model " + file.string()));
  EXPECT_THAT(attached(between("build:old", "build:new")).command,
              AllOf(HasSubstr("build:old --workload llm --model " + file.string()),
                    HasSubstr("build:new --workload llm --model " + file.string())));
  history_.subject.subject.model = "tinyllama-1.1b";  // a shape, not a file
  EXPECT_THAT(attached().command, HasSubstr("--model tinyllama-1.1b"));
}

TEST_F(ReplayOfChange, IsFoundByTheRunsWhereThereAreNoCommits) {
  history_.points[0].row.run.git_commit = "";
  history_.points[0].row.run.id = "11111111-0000";
  history_.points[1].row.run.id = "22222222-0000";
  const auto id = add_session(1.1, 1.1, 40, Verdict::slower);
  EXPECT_EQ(attached().session_id, id);
}

TEST_F(ReplayOfChange, RefusesSidesThatCannotRunTheCase) {
  const auto refusal = [&](const std::string& side) {
    return error_of(
        [&] { return replay_arguments(history_, history_.changes[0], between(side, side)); });
  };
  EXPECT_THAT(refusal("reference"), HasSubstr("--a: expected build:DIR"));
  history_.subject.subject.workload = "imported";
  EXPECT_THAT(refusal("build:old"), HasSubstr("measured by another program"));
  EXPECT_NO_THROW(static_cast<void>(
      replay_arguments(history_, history_.changes[0], between("cmd:true", "cmd:true"))));
}

TEST_F(ReplayOfChange, SaysWhereItsCommitsAre) {
  EXPECT_THAT(error_of([&] { require_sides(history_, history_.changes[0], {}); }),
              AllOf(HasSubstr("commit aaaaaaaaaaaa is in no git repository here"),
                    HasSubstr("--a build:DIR")));
}

}  // namespace
}  // namespace ridgepoint

#include "results/history/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/stored_runs.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kOtherMachine = R"({"cpu":{"cores":64,"model":"Big CPU"},"kernel":"6.1"})";

class HistoryOfCase : public ::testing::Test {
 protected:
  void store(const std::vector<DailyRun>& days, const Case& subject = operator_case(),
             const std::string& metric = "run_ns") {
    ids_ = store_daily_runs(path_, subject, metric, days);
  }
  [[nodiscard]] History history(const std::string& text = case_hash(operator_case()),
                                const HistoryOptions& options = {}) const {
    const HistoryQuery query(path_);
    return history_of(query, select_case(query, text), options);
  }
  [[nodiscard]] std::string refusal(const std::string& text,
                                    const HistoryOptions& options = {}) const {
    return error_of([&] { return history(text, options); });
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_ / "runs.db";
  std::vector<std::string> ids_;
};

TEST_F(HistoryOfCase, HasItsPointsInOrderOfTime) {
  store(steady_days(12));
  const auto found = history();
  EXPECT_EQ(found.metric, "run_ns");
  EXPECT_EQ(found.unit, "ns");
  ASSERT_EQ(found.points.size(), 12U);
  EXPECT_EQ(found.counted(), 12U);
  for (std::size_t i = 0; i < found.points.size(); ++i) {
    EXPECT_EQ(found.points[i].row.run.id, ids_[i]);
    EXPECT_EQ(found.points[i].row.run.git_commit, example_commit(i));
    EXPECT_EQ(found.points[i].row.run.git_branch, "main");
  }
  EXPECT_DOUBLE_EQ(*found.points[0].row.value, 0.996e6);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_FALSE(ends_worse(found));
  EXPECT_THAT(found.machine, HasSubstr("Example CPU"));
}

TEST_F(HistoryOfCase, SlowdownIsAChangeForTheWorse) {
  store(steady_days(40, 25, 1.05));
  const auto found = history();
  ASSERT_EQ(found.changes.size(), 1U);
  const HistoryChange& change = found.changes[0];
  EXPECT_EQ(change.before, 24U);
  EXPECT_EQ(change.after, 25U);
  EXPECT_EQ(change.count_before, 25U);
  EXPECT_EQ(change.count_after, 15U);
  EXPECT_NEAR(change.ratio(), 1.05, 0.003);
  EXPECT_EQ(change.direction, ChangeDirection::worse);
  EXPECT_TRUE(ends_worse(found));
}

TEST_F(HistoryOfCase, RefutedSlowdownIsNone) {
  store(steady_days(40, 25, 1.05));
  auto found = history();
  ASSERT_EQ(found.changes.size(), 1U);
  found.changes[0].replay.confirmation = Confirmation::undecided;
  EXPECT_TRUE(ends_worse(found));
  found.changes[0].replay.confirmation = Confirmation::refuted;
  EXPECT_FALSE(ends_worse(found));
}

TEST_F(HistoryOfCase, SlowdownThatWasMendedDoesNotEndWorse) {
  auto days = steady_days(45, 15, 1.05);
  for (std::size_t i = 30; i < days.size(); ++i) *days[i].value /= 1.05;
  store(days);
  const auto found = history();
  ASSERT_EQ(found.changes.size(), 2U);
  EXPECT_EQ(found.changes[1].direction, ChangeDirection::better);
  EXPECT_FALSE(ends_worse(found));
}

TEST_F(HistoryOfCase, RatesAreWorseWhenTheyFall) {
  const Case decode = example_case(0, 16);
  store(steady_days(30, 15, 0.9), decode, "decode_tokens_per_second");
  const auto found = history(case_hash(decode));
  EXPECT_EQ(found.metric, "decode_tokens_per_second");
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.changes[0].direction, ChangeDirection::worse);
}

TEST_F(HistoryOfCase, OfAPrefillIsOverItsTimeToTheFirstToken) {
  const Case prefill = example_case(512, 0);
  store(steady_days(40, 25, 1.05), prefill, "ttft_ns");
  const auto found = history(case_hash(prefill));
  EXPECT_EQ(found.metric, "ttft_ns");
  EXPECT_EQ(found.unit, "ns");
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.changes[0].direction, ChangeDirection::worse);
  EXPECT_NEAR(found.changes[0].ratio(), 1.05, 0.003);
  EXPECT_TRUE(ends_worse(found));
}

TEST_F(HistoryOfCase, HasTheRowsOfAnImportedFileThatGrewOnce) {
  const auto line = [](int second, int sample_ns) {
    return fmt::format(
        R"({{"build_commit": "abc", "build_number": 9, "cpu_info": "CPU", "model_filename": )"
        R"("m.gguf", "n_prompt": 512, "n_gen": 0, "test_time": "2026-01-02T03:04:{:02}Z", )"
        R"("samples_ns": [ {} ]}})"
        "\n",
        second, sample_ns);
  };
  const std::string before = line(1, 1000) + line(2, 1010) + line(2, 1010);
  Store store(path_, OpenMode::read_write);
  std::string name;
  for (const std::string& text : {before, before + line(3, 1020)}) {
    const ImportSource source{"file", {{"file", text}}};
    store.merge_run(import_results(source), "file");
    name = case_hash(imported_text(text).records[0].subject);
  }
  std::vector<double> values;
  for (const HistoryPoint& point : history(name).points) values.push_back(*point.row.value);
  EXPECT_EQ(values, (std::vector<double>{1000, 1010, 1010, 1020}))
      << "twice in one file is measured twice";
}

TEST_F(HistoryOfCase, MetricsWithoutADirectionChangeNeitherWay) {
  store(steady_days(30, 15, 1.2), operator_case(), "counter:cache misses");
  const auto found =
      history(case_hash(operator_case()), {.metric = "counter:cache misses", .rules = {}});
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.changes[0].direction, ChangeDirection::neither);
  EXPECT_FALSE(ends_worse(found));
}

TEST_F(HistoryOfCase, FailuresAreGapsWithReasons) {
  auto days = steady_days(30, 15, 1.05);
  days[3] = {.value = {}, .commit = "abc", .outcome = Outcome::failed, .reason = "SIGSEGV"};
  days[14] = {.value = 5e6, .commit = "abd", .outcome = Outcome::wrong, .reason = "off by 3"};
  days[20] = {.value = 0, .commit = "abe"};
  days[21] = {.value = {}, .commit = "abf"};
  store(days);
  const auto found = history();
  EXPECT_EQ(found.points.size(), 30U);
  EXPECT_EQ(found.counted(), 26U);
  EXPECT_EQ(found.points[3].gap, "failed: SIGSEGV");
  EXPECT_EQ(found.points[14].gap, "wrong: off by 3");
  EXPECT_EQ(found.points[20].gap, "run_ns is 0: no ratio to others");
  EXPECT_EQ(found.points[21].gap, "no run_ns");
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.changes[0].before, 13U);
  EXPECT_EQ(found.changes[0].after, 15U);
}

TEST_F(HistoryOfCase, OtherMachinesStandApart) {
  auto days = steady_days(40);
  for (std::size_t i = 0; i < days.size(); i += 2) {
    days[i].environment = kOtherMachine;
    *days[i].value /= 10;
  }
  store(days);
  const auto found = history();
  EXPECT_EQ(found.points.size(), 20U);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_THAT(found.machine, HasSubstr("Example CPU"));
  ASSERT_EQ(found.others.size(), 1U);
  EXPECT_THAT(found.others[0].machine, HasSubstr("Big CPU"));
  EXPECT_EQ(found.others[0].points.size(), 20U);
  EXPECT_EQ(found.others[0].points.front().row.run.id, ids_[0]);

  const auto there =
      history(case_hash(operator_case()) + " env:" + found.others[0].environment_hash.substr(0, 8));
  EXPECT_THAT(there.machine, HasSubstr("Big CPU"));
  EXPECT_TRUE(there.others.empty());
}

TEST_F(HistoryOfCase, BuildsOfOneMachineStandInOneLine) {
  auto days = steady_days(20);
  days[7].environment =
      R"({"compiler":"another","cpu":{"cores":2,"model":"Example CPU"},"kernel":"6.1"})";
  store(days);
  EXPECT_EQ(history().points.size(), 20U);
}

TEST_F(HistoryOfCase, LastLooksAtTheNewestOnly) {
  store(steady_days(60, 20, 1.1));
  EXPECT_EQ(history().changes.size(), 1U);
  const auto recent = history(case_hash(operator_case()), {.metric = "", .last = 30, .rules = {}});
  EXPECT_EQ(recent.points.size(), 30U);
  EXPECT_EQ(recent.earlier, 30U);
  EXPECT_EQ(recent.points.back().row.run.id, ids_.back());
  EXPECT_TRUE(recent.changes.empty());
}

TEST_F(HistoryOfCase, IsChosenByHashRunOrWords) {
  store(steady_days(10));
  store(steady_days(10), operator_case(8));
  const std::string hash = case_hash(operator_case());
  for (const std::string& text :
       {hash, hash.substr(0, 6), ids_[3] + "/0 op:matrix_product", std::string("rows:1"),
        std::string("op:matrix_product type:q8_0 rows:1 backend:reference")}) {
    const auto found = history(text);
    EXPECT_EQ(found.points.size(), 10U) << text;
  }
  EXPECT_EQ(history(ids_[3].substr(0, 8) + "/0").subject.hash, case_hash(operator_case(8)));
}

TEST_F(HistoryOfCase, IsNarrowedByWhatRunsAre) {
  auto days = steady_days(20);
  for (std::size_t i = 0; i < 6; ++i) {
    days[i].branch = "feature";
    days[i].label = "trial";
  }
  store(days);
  EXPECT_EQ(history("rows:1 branch:main").points.size(), 14U);
  EXPECT_EQ(history("rows:1 label:trial").points.size(), 6U);
  EXPECT_EQ(history("rows:1 commit:" + example_commit(4)).points.size(), 1U);
}

TEST_F(HistoryOfCase, WhatFitsNothingOrTooMuchIsRefusedInWords) {
  store(steady_days(3));
  store(steady_days(3), operator_case(8));
  EXPECT_THAT(
      refusal("op:matrix_product"),
      AllOf(HasSubstr("fits 2 cases"), HasSubstr(case_hash(operator_case(8)).substr(0, 8))));
  EXPECT_THAT(refusal("rows:7"), HasSubstr("fits no case with records"));
  EXPECT_THAT(refusal("rwos:7"), HasSubstr("did you mean 'rows'?"));
  EXPECT_THAT(refusal("rows:"), HasSubstr("nothing after 'rows:'"));
  EXPECT_THAT(refusal("abc"), HasSubstr("is no case"));
  EXPECT_THAT(refusal("something"), HasSubstr("is no case"));
  EXPECT_THAT(refusal("abcd abce"), HasSubstr("'abce': expected KEY:VALUE"));
  EXPECT_THAT(refusal("latest/7"), HasSubstr("has no case 7"));
  EXPECT_THAT(refusal("latest/x"), HasSubstr("RUN/ORDINAL"));
  EXPECT_THAT(refusal("latest/0 rows:99"), HasSubstr("do not fit"));
  EXPECT_THAT(refusal("branch:main"), StartsWith("which case?"));
  EXPECT_THAT(refusal(""), StartsWith("which case?"));
  EXPECT_THAT(refusal("rows:1 branch:gone"), HasSubstr("no run of"));
  EXPECT_THAT(refusal("rows:1", {.metric = "run_n", .rules = {}}),
              AllOf(HasSubstr("did you mean 'run_ns'?"), HasSubstr("it has run_ns")));
}

TEST_F(HistoryOfCase, CaseThatOnlyFailedIsAllGaps) {
  std::vector<DailyRun> days;
  for (int i = 0; i < 12; ++i) {
    days.push_back({.value = {}, .commit = "a", .outcome = Outcome::timed_out, .reason = "60 s"});
  }
  store(days);
  const auto found = history();
  EXPECT_EQ(found.points.size(), 12U);
  EXPECT_EQ(found.counted(), 0U);
  EXPECT_TRUE(found.changes.empty());
}

TEST_F(HistoryOfCase, ImportsWithoutEnvironmentStandInOneLine) {
  auto days = steady_days(12);
  for (auto& day : days) day.environment = "";
  store(days);
  EXPECT_EQ(history().points.size(), 12U);
}

}  // namespace
}  // namespace ridgepoint

#include "harness/ab/ab_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "harness/ab/ab_text.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

/// An arm whose truth is known.
class MadeUpArm : public Arm {
 public:
  MadeUpArm(std::vector<double> values, std::normal_distribution<double> noise, std::uint64_t seed)
      : values_(std::move(values)), noise_(noise), random_(seed) {}

  Slice run(const std::atomic<bool>&) override {
    ++runs;
    if (fail_at == runs) throw Error("the arm broke");
    Slice slice{.values = {}, .not_a_result = runs == wrong_at ? "case: wrong: other tokens" : ""};
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double value = values_[i] * std::exp(noise_(random_));
      slice.values.push_back(
          {.name = "figure " + std::to_string(i), .value = value, .least = value});
    }
    if (after_run) after_run();
    slice.records = records;
    return slice;
  }

  int runs = 0, fail_at = -1, wrong_at = -1;
  std::function<void()> after_run;
  std::vector<Record> records;

 private:
  std::vector<double> values_;
  std::normal_distribution<double> noise_;
  std::mt19937_64 random_;
};

class Silent : public AbObserver {
 public:
  void warming_up() override {}
  void pair_done(const AbPair& pair, const AbEvaluation& evaluation,
                 const AbProgress& progress) override {
    pairs.push_back(pair);
    last_text = progress_text(evaluation, options, progress, pairs.size() == 12);
  }
  AbOptions options;
  std::vector<AbPair> pairs;
  std::string last_text;
};

class AbRun : public ::testing::Test {
 protected:
  AbRun() { options.budget_seconds = 60; }

  AbSession run(Arm& a, Arm& b) {
    const AbSession begun = begin_ab(store, "cmd:a", "cmd:b", options, "", "ridgepoint ab");
    return run_ab(store, begun.id, a, b, options, observer, stop, qualities);
  }

  TemporaryFolder folder;
  AbStore store{folder.file("ab.db"), OpenMode::read_write};
  AbOptions options;
  Silent observer;
  std::atomic<bool> stop{false};
  std::vector<Record> qualities;
};

MadeUpArm arm(double value, std::uint64_t seed, double noise = 0.01) {
  return {std::vector<double>{value}, std::normal_distribution<double>(0, noise), seed};
}

TEST_F(AbRun, FindsASlowerArmAndStoresHow) {
  auto a = arm(100, 1);
  auto b = arm(106, 2);
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::slower);
  EXPECT_EQ(session.status, "finished");
  EXPECT_EQ(store.session(session.id), session);
  EXPECT_EQ(evaluate(session, options.rules).verdict(), Verdict::slower);
  EXPECT_THAT(ab_table(session, options), ::testing::StartsWith("slower: B is slower than A"));
  EXPECT_THAT(observer.last_text, HasSubstr("of the evidence for \"slower\""));
}

TEST_F(AbRun, TellsSameAndFaster) {
  auto a = arm(100, 3);
  auto b = arm(100, 4);
  EXPECT_EQ(run(a, b).verdict, Verdict::same);
  auto c = arm(93, 5);
  EXPECT_EQ(run(a, c).verdict, Verdict::faster);
}

/// What is stored of the quality of a variant.
Record stored_quality(const std::string& backend, double kl) {
  Record record;
  record.subject.workload = "quality";
  record.subject.backend = backend;
  record.subject = canonical(record.subject);
  record.measurement.metrics = {{"kl_mean", kl}, {"kl_mean_se", kl / 10}, {"scored_tokens", 100}};
  return record;
}

TEST_F(AbRun, NeverCallsAnArmPastItsQualityBudgetFaster) {
  options.budget.max_kl = 0.05;
  Record measured;
  measured.subject.backend = "fast";
  const auto faster = [&](std::vector<Record> known) {
    qualities = std::move(known);
    auto a = arm(100, 31);
    auto b = arm(80, 32);
    b.records = {measured};
    return run(a, b);
  };
  EXPECT_EQ(faster({stored_quality("fast", 0.01)}).verdict, Verdict::faster);
  const auto past = faster({stored_quality("fast", 0.06), stored_quality("other", 0.01)});
  EXPECT_EQ(past.verdict, Verdict::undecided);
  EXPECT_THAT(past.reason, HasSubstr("not called so: KL 0.0600 ± 0.0060 nats is past 0.05"));
  EXPECT_THAT(ab_table(past, options), HasSubstr("figure 0  undecided"));
  EXPECT_THAT(faster({stored_quality("other", 0.01)}).reason, HasSubstr("quality is not known"));
  options.budget = {};
  EXPECT_EQ(faster({}).verdict, Verdict::faster) << "no budget was given";
}

TEST_F(AbRun, StaysSlowerWhateverTheQualityAndKeepsItsBudget) {
  options.budget.max_perplexity_increase = 0.02;
  auto a = arm(100, 33);
  auto b = arm(120, 34);
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::slower);
  EXPECT_EQ(ab_options_from_json(session.options).budget.max_perplexity_increase, 0.02);
  EXPECT_FALSE(ab_options_from_json(session.options).budget.max_kl);
}

TEST_F(AbRun, DrawsTheOrderOfEachPair) {
  auto a = arm(100, 6, 0.5);
  auto b = arm(100, 7, 0.5);
  options.most_pairs = 60;
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::undecided);
  const auto b_first = std::ranges::count_if(session.pairs, &AbPair::b_first);
  EXPECT_GT(b_first, 15);
  EXPECT_LT(b_first, 45);
}

TEST_F(AbRun, OneSlowerFigureOfSeveralIsSlower) {
  MadeUpArm a({100, 200}, std::normal_distribution<double>(0, 0.01), 8);
  MadeUpArm b({100, 212}, std::normal_distribution<double>(0, 0.01), 9);
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::slower);
  const auto evaluation = evaluate(session, options.rules);
  EXPECT_EQ(evaluation.telling_figure(), 1u);
  // The error rate is shared.
  EXPECT_DOUBLE_EQ(evaluation.gates()[0].rules().alpha, options.rules.alpha / 2);
}

TEST_F(AbRun, GoesOnWhereItStopped) {
  auto a = arm(100, 10, 0.03);
  auto b = arm(105, 11, 0.03);
  options.most_pairs = 10;
  const auto first = run(a, b);
  ASSERT_EQ(first.verdict, Verdict::undecided);
  EXPECT_THAT(ab_table(first, options), HasSubstr("go on with: ridgepoint ab --resume"));
  options.most_pairs = 1000;
  const auto second = run_ab(store, first.id, a, b, options, observer, stop);
  EXPECT_EQ(second.verdict, Verdict::slower);
  EXPECT_GT(second.pairs.size(), first.pairs.size());
  for (std::size_t i = 0; i < first.pairs.size(); ++i) EXPECT_EQ(second.pairs[i], first.pairs[i]);
}

TEST_F(AbRun, KeepsItsPairsWhenItIsStopped) {
  auto a = arm(100, 12, 0.5);
  auto b = arm(100, 13, 0.5);
  a.after_run = [&] { stop = a.runs == 6; };
  const auto session = run(a, b);
  EXPECT_EQ(session.status, "interrupted");
  EXPECT_GE(store.session(session.id).pairs.size(), 4u);
}

TEST_F(AbRun, AnArmThatBreaksIsAnErrorAndLosesNothing) {
  auto a = arm(100, 14, 0.5);
  auto b = arm(100, 15, 0.5);
  b.fail_at = 5;
  EXPECT_THROW(run(a, b), Error);
  EXPECT_GE(store.session(store.resolve("latest")).pairs.size(), 3u);
}

TEST_F(AbRun, AnArmWhoseOutputIsWrongCannotBeCompared) {
  auto a = arm(100, 16);
  auto b = arm(50, 17);
  b.wrong_at = 3;
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::incomparable);
  EXPECT_EQ(session.reason, "B: case: wrong: other tokens");
}

TEST_F(AbRun, ArmsWithoutACommonFigureAreRefused) {
  auto a = arm(100, 18);
  MadeUpArm b({1, 2, 3}, std::normal_distribution<double>(0, 0.01), 19);
  EXPECT_NO_THROW(run(a, b));  // figure 0 is in both
  MadeUpArm nothing(std::vector<double>{}, std::normal_distribution<double>(0, 0.01), 20);
  EXPECT_THROW(run(a, nothing), Error);
}

TEST_F(AbRun, PairsAreDroppedForWhatTheKernelCountedOnly) {
  AbEvaluation evaluation({{"t", "t", "ns", false}}, GateRules{});
  AbPair pair;
  pair.a = {1};
  pair.b = {100};
  pair.dropped = "the hypervisor took 40 % of the time";
  evaluation.add(pair);
  EXPECT_EQ(evaluation.pairs(), 0u);
  EXPECT_EQ(evaluation.dropped(), 1u);
  pair.dropped.clear();
  evaluation.add(pair);
  EXPECT_EQ(evaluation.pairs(), 1u);
}

TEST(AbOptionsTest, SurviveBeingStored) {
  AbOptions options;
  options.rules.tolerance = 0.05;
  options.arm.number_after = "x: \"y\"";
  options.refs.commit_a = "abc";
  options.refs.bench = "gbench:b";
  const auto back = ab_options_from_json(to_json(options));
  EXPECT_EQ(to_json(back), to_json(options));
  EXPECT_THROW(ab_options_from_json("{}"), Error);
  EXPECT_THROW(ab_options_from_json("nonsense"), Error);
}

TEST(AbOptionsTest, MakeSenseOrAreRefused) {
  AbOptions options;
  EXPECT_NO_THROW(validate(options));
  options.power_at = 0.01;
  EXPECT_THROW(validate(options), Error);
  options = {};
  options.rules.alpha = 0;
  EXPECT_THROW(validate(options), Error);
}

TEST(LogRatio, IsPositiveWhenBIsWorse) {
  EXPECT_GT(log_ratio({"t", "t", "ns", false}, 1, 2), 0);
  EXPECT_LT(log_ratio({"t", "t", "tokens/s", true}, 1, 2), 0);
}

}  // namespace
}  // namespace ridgepoint

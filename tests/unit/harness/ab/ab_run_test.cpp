#include "harness/ab/ab_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "harness/ab/ab_text.h"
#include "harness/ab/conditions_cause.h"
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
      slice.values.push_back({.name = name + std::to_string(i), .value = value, .least = value});
    }
    if (unit_changes_at > 0) {
      slice.values[0].printed_unit = runs >= unit_changes_at ? "ms" : "us";
    }
    if (after_run) after_run();
    slice.records = records;
    return slice;
  }

  int runs = 0, fail_at = -1, wrong_at = -1, unit_changes_at = -1;
  std::string name = "figure ";
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
  const auto stored = store.session(store.resolve("latest"));
  EXPECT_GE(stored.pairs.size(), 3u);
  EXPECT_EQ(stored.status, "interrupted");
  EXPECT_EQ(stored.reason, "failed: the arm broke");
  EXPECT_GT(stored.finished_unix_ns, 0);
}

TEST_F(AbRun, ASessionThatGoesOnAfterAFailureSaysSo) {
  auto a = arm(100, 14);
  auto b = arm(110, 15);
  b.fail_at = 5;
  EXPECT_THROW(run(a, b), Error);
  b.fail_at = -1;
  const auto session = run_ab(store, store.resolve("latest"), a, b, options, observer, stop);
  EXPECT_EQ(session.verdict, Verdict::slower);
  EXPECT_THAT(session.reason, HasSubstr("\nit went on after a failure: the arm broke"));
  EXPECT_THAT(ab_table(session, options), HasSubstr("it went on after a failure: the arm broke\n"));
}

TEST_F(AbRun, WhatVanishesFromBIsNamedAndDoesNotPass) {
  MadeUpArm a({100, 100, 100}, std::normal_distribution<double>(0, 0.01), 41);
  auto b = arm(100, 42);
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::undecided);
  EXPECT_THAT(session.reason, HasSubstr("B measures same after"));
  EXPECT_THAT(session.reason, HasSubstr("B does not give 'figure 1', 'figure 2', which A gives"));
  EXPECT_THAT(ab_table(session, options), ::testing::Not(HasSubstr("--resume")))
      << "more pairs would not bring them back";
  auto slower = arm(110, 43);
  const auto worse = run(a, slower);
  EXPECT_EQ(worse.verdict, Verdict::slower);
  EXPECT_THAT(ab_table(worse, options),
              HasSubstr("not compared, since B does not give it: 'figure 1', 'figure 2'\n"));
}

TEST_F(AbRun, WhatIsNewInBIsNamed) {
  auto a = arm(100, 44);
  MadeUpArm b({100, 100}, std::normal_distribution<double>(0, 0.01), 45);
  const auto session = run(a, b);
  EXPECT_EQ(session.verdict, Verdict::same);
  EXPECT_THAT(session.reason, HasSubstr("since A does not give it: 'figure 1'"));
}

TEST_F(AbRun, FiguresWithoutACommonNameArePairedOnlyOneAgainstOne) {
  auto a = arm(100, 46);
  auto b = arm(100, 47);
  b.name = "other ";
  EXPECT_EQ(run(a, b).verdict, Verdict::same);
  MadeUpArm two({100, 100}, std::normal_distribution<double>(0, 0.01), 48);
  MadeUpArm others({100, 100}, std::normal_distribution<double>(0, 0.01), 49);
  others.name = "other ";
  EXPECT_THROW(run(two, others), Error);
}

TEST_F(AbRun, ANumberThatChangesItsUnitIsRefused) {
  auto a = arm(100, 50, 0.5);
  auto b = arm(100, 51, 0.5);
  a.unit_changes_at = 1000;
  b.unit_changes_at = 4;
  EXPECT_THROW(run(a, b), Error);
  EXPECT_THAT(store.session(store.resolve("latest")).reason,
              HasSubstr("with 'ms' after 'figure 0', where the number before it had 'us'"));
  b.unit_changes_at = 1;
  EXPECT_THROW(run(a, b), Error);
}

TEST_F(AbRun, CommandsThatDifferAreExplainedByWhatTheKernelCounted) {
  AbSession session;
  AbPair pair;
  pair.a_conditions = {.duration_ns = 100'000'000, .clock_khz = 3'000'000, .cpu_ns = 90'000'000};
  pair.b_conditions = {.duration_ns = 150'000'000, .clock_khz = 2'000'000, .cpu_ns = 91'000'000};
  pair.b_conditions.involuntary_switches = 30;
  session.pairs = {pair, pair, pair};
  const auto cause = conditions_cause(session);
  EXPECT_THAT(cause,
              HasSubstr("took 100 ms in A and 150 ms in B (+50.0 %), of CPU time 90.0 ms and "
                        "91.0 ms (+1.1 %)"));
  EXPECT_THAT(cause, HasSubstr("clock was 3.00 GHz after A and 2.00 GHz after B (-33.3 %)"));
  EXPECT_THAT(cause, HasSubstr("0 times a second in A, 200 in B"));
  EXPECT_THAT(cause, HasSubstr("alike in both: major faults"));
  EXPECT_EQ(conditions_cause(AbSession{}), "");
}

TEST_F(AbRun, ChangesAreToldInTheFiguresOwnDirection) {
  AbSession session;
  session.figures = {{"speed", "speed", "tokens/s", true, std::nullopt}};
  AbEvaluation evaluation(session.figures, options.rules);
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.005);
  for (int i = 0; i < 60; ++i) {
    AbPair pair;
    pair.ordinal = i;
    pair.a = pair.a_least = {100};
    pair.b = pair.b_least = {120 * std::exp(noise(random))};
    evaluation.add(pair);
    session.pairs.push_back(pair);
  }
  session.verdict = evaluation.verdict();
  EXPECT_EQ(session.verdict, Verdict::faster);
  session.options = to_json(options);
  EXPECT_THAT(ab_table(session, options), HasSubstr("+20."));
  EXPECT_THAT(progress_text(evaluation, options, {}, false), HasSubstr("B +20."));
  const auto low = evaluation.gates()[0].interval().low.value();
  EXPECT_LT(low, 1 / 1.15);
  EXPECT_THAT(ab_json(session, options), HasSubstr("\"ratio\": 1.2"));
}

TEST_F(AbRun, ACommandThatGoesOnNamesItsDatabase) {
  auto a = arm(100, 52, 0.5);
  auto b = arm(100, 53, 0.5);
  options.most_pairs = 1;
  const auto session = run(a, b);
  EXPECT_THAT(ab_table(session, options, "my results.db"), HasSubstr("--db 'my results.db'\n"));
  EXPECT_THAT(session.reason, HasSubstr("1 pair did not decide it"));
}

TEST_F(AbRun, MarkdownReadsNothingIntoAnArm) {
  auto a = arm(100, 54);
  auto b = arm(110, 55);
  auto session = run(a, b);
  session.a = "cmd:./bench *a* <b> | tee `x`";
  EXPECT_THAT(ab_markdown(session, options), ::testing::Not(HasSubstr("*a* <b>")));
}

TEST_F(AbRun, ASessionFromAnotherMachineCannotGoOn) {
  auto session = begin_ab(store, "cmd:a", "cmd:b", options, "", "");
  EXPECT_EQ(difference_from_beginning(session), "");
  const auto kernel = session.environment.find("\"kernel\":\"");
  ASSERT_NE(kernel, std::string::npos);
  session.environment.insert(kernel + 10, "9");
  EXPECT_THAT(difference_from_beginning(session), HasSubstr("kernel was 9"));
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
  AbEvaluation evaluation({{"t", "t", "ns", false, std::nullopt}}, GateRules{});
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
  EXPECT_GT(log_ratio({"t", "t", "ns", false, std::nullopt}, 1, 2), 0);
  EXPECT_LT(log_ratio({"t", "t", "tokens/s", true, std::nullopt}, 1, 2), 0);
}

}  // namespace
}  // namespace ridgepoint

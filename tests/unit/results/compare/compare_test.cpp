#include "results/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "results/report/comparison_github.h"
#include "results/report/comparison_junit.h"
#include "results/report/comparison_table.h"
#include "results/report/comparison_text.h"
#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Compare, CallsASlowerCaseSlowerAndTheOthersTheSame) {
  const Comparison comparison = compared(op_run("a", {1, 1, 1}, 10), op_run("b", {1, 1.1, 1}, 20));
  EXPECT_EQ(comparison.verdict, Verdict::slower);
  EXPECT_EQ(comparison.cases, 3);
  EXPECT_EQ(comparison.tests, 3);
  const ComparisonRow& slow = row_of(comparison, 2, "run_ns");
  EXPECT_EQ(slow.verdict, Verdict::slower);
  ASSERT_TRUE(slow.evidence);
  EXPECT_NEAR(slow.evidence->ratio, 1.1, 0.005);
  EXPECT_NEAR(slow.evidence->ratio_of_medians, 1.1, 0.005);
  EXPECT_GT(slow.evidence->interval.low, 1.08);
  EXPECT_LT(slow.evidence->interval.high, 1.12);
  EXPECT_GE(slow.evidence->adjusted_p, slow.evidence->p);
  EXPECT_EQ(slow.replication.unit, Replication::processes);
  EXPECT_EQ(row_of(comparison, 1, "run_ns").verdict, Verdict::same);
  EXPECT_EQ(row_of(comparison, 3, "run_ns").verdict, Verdict::same);
}

TEST(Compare, CallsItFasterTheOtherWayAround) {
  const Comparison comparison = compared(op_run("b", {1, 1.1}, 20), op_run("a", {1, 1}, 10));
  EXPECT_EQ(comparison.verdict, Verdict::faster);
  EXPECT_EQ(row_of(comparison, 2, "run_ns").verdict, Verdict::faster);
}

TEST(CompareMany, CorrectsOverTheTestsOfAllCandidates) {
  const std::vector<SelectedSides> pairs = {
      sides_of(op_run("a", {1, 1}, 10), op_run("b", {1, 1.1}, 20)),
      sides_of(op_run("a", {1, 1}, 10), op_run("c", {1, 1}, 30)),
      sides_of(op_run("a", {1, 1}, 10), op_run("d", {0.9, 1}, 40))};
  const std::vector<ComparedPair> many = compare_many(pairs, {});
  ASSERT_EQ(many.size(), 3U);
  const std::vector<Verdict> expected = {Verdict::slower, Verdict::same, Verdict::faster};
  for (std::size_t i = 0; i < many.size(); ++i) {
    ASSERT_TRUE(many[i].comparison) << many[i].problem;
    EXPECT_EQ(many[i].comparison->verdict, expected[i]);
    EXPECT_EQ(many[i].comparison->tests, 6);
    const Comparison alone = compare(pairs[i], {});
    EXPECT_EQ(alone.tests, 2);
    ASSERT_EQ(alone.rows.size(), many[i].comparison->rows.size());
    for (std::size_t row = 0; row < alone.rows.size(); ++row) {
      if (!alone.rows[row].evidence) continue;
      EXPECT_GE(many[i].comparison->rows[row].evidence->adjusted_p,
                alone.rows[row].evidence->adjusted_p);
    }
  }
  const auto adjusted = [&](const Comparison& comparison) {
    return row_of(comparison, 2, "run_ns").evidence->adjusted_p;
  };
  EXPECT_GT(adjusted(*many[0].comparison),
            2.9 * row_of(*many[0].comparison, 2, "run_ns").evidence->p)
      << "one of six tests, not of two";
}

TEST(CompareMany, APairThatCannotBeComparedLeavesTheOthers) {
  const RunWithRecords a = op_run("a", {1, 1}, 10);
  const std::vector<SelectedSides> pairs = {sides_of(a, a), sides_of(a, op_run("b", {1, 1.1}, 20))};
  const std::vector<ComparedPair> many = compare_many(pairs, {});
  EXPECT_FALSE(many[0].comparison);
  EXPECT_THAT(many[0].problem, HasSubstr("are the same records"));
  ASSERT_TRUE(many[1].comparison);
  EXPECT_EQ(many[1].comparison->verdict, Verdict::slower);
  EXPECT_EQ(many[1].comparison->tests, 2);
}

TEST(Compare, FindsTheSameProgramTheSame) {
  EXPECT_EQ(compared(op_run("a", {1, 1, 1}, 10), op_run("b", {1, 1, 1}, 20)).verdict,
            Verdict::same);
}

TEST(Compare, TakesOneProcessEachWithACaveat) {
  const Comparison comparison =
      compared(op_run("a", {1, 1}, 10, 1, 100), op_run("b", {1, 1.1}, 20, 1, 100));
  EXPECT_EQ(comparison.verdict, Verdict::slower);
  EXPECT_EQ(row_of(comparison, 2, "run_ns").replication.unit, Replication::blocks);
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("from process to process")));
}

TEST(Compare, NeverDecidesOnTooLittle) {
  const Comparison comparison = compared(op_run("a", {1}, 10, 1, 5), op_run("b", {2}, 20, 1, 5));
  EXPECT_EQ(comparison.verdict, Verdict::undecided);
  EXPECT_EQ(comparison.tests, 0);
  EXPECT_THAT(row_of(comparison, 1, "run_ns").reason,
              AllOf(HasSubstr("5 and 5 repetitions"), HasSubstr("one process each"),
                    HasSubstr("3 processes")));
}

TEST(Compare, IsUndecidedAtTheThreshold) {
  const Comparison comparison = compared(op_run("a", {1}, 10), op_run("b", {1.02}, 20));
  EXPECT_EQ(comparison.verdict, Verdict::undecided);
  EXPECT_THAT(row_of(comparison, 1, "run_ns").reason, HasSubstr("across the threshold"));
}

TEST(Compare, AsksMoreOfEachRowInALargerFamily) {
  // Three noisy processes: enough for one test, too little among five hundred.
  const auto with_noise = [](const std::string& label, double factor, std::size_t cases,
                             std::uint64_t seed) {
    std::vector<double> factors(cases, 1);
    factors[0] = factor;
    return op_run(label, factors, seed, 3, 5);
  };
  EXPECT_EQ(compared(with_noise("a", 1, 1, 10), with_noise("b", 1.08, 1, 7000)).verdict,
            Verdict::slower);
  const Comparison many = compared(with_noise("a", 1, 500, 10), with_noise("b", 1.08, 500, 7000));
  EXPECT_NE(many.verdict, Verdict::slower);
  const ComparisonRow& row = row_of(many, 1, "run_ns");
  EXPECT_EQ(row.verdict, Verdict::undecided);
  EXPECT_THAT(row.reason, HasSubstr("after Holm"));
}

TEST(Compare, KeepsFalseVerdictsOfWholeRunsRare) {
  // 200 comparisons of 20 equal cases each, of 5 processes that differ by 0.1 %: no verdict but
  // same or, now and then, undecided.
  int wrong = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const std::vector<double> equal(20, 1.0);
    const Verdict verdict =
        compared(op_run("a", equal, 1000 + 100 * trial, 5, 5),
                 op_run("b", equal, 900'000 + 100 * trial, 5, 5), {.threshold = 0.002})
            .verdict;
    wrong += verdict == Verdict::slower || verdict == Verdict::faster ? 1 : 0;
  }
  EXPECT_LE(wrong, 3) << "alpha is 1 %";
}

TEST(Compare, JudgesRatesInTheirOwnDirection) {
  RunWithRecords a = finished_run("a");
  RunWithRecords b = finished_run("b");
  for (auto* data : {&a, &b}) {
    Case subject = example_case(0, 1);
    Record record = example_record(data->run, 0, subject);
    record.measurement.series = {timed("decode_step", data == &a ? 1e6 : 1.2e6, 3)};
    record.measurement.metrics.clear();
    derive_metrics(subject, record.measurement);
    data->records = {record};
  }
  const Comparison comparison = compared(a, b);
  ASSERT_EQ(comparison.rows.size(), 1U);
  const ComparisonRow& row = comparison.rows.front();
  EXPECT_EQ(row.metric, "decode_tokens_per_second");
  EXPECT_EQ(row.verdict, Verdict::slower);
  EXPECT_NEAR(row.evidence->ratio, 1 / 1.2, 0.005);
  EXPECT_LT(row.evidence->interval.low, row.evidence->interval.high);
  EXPECT_LT(row.evidence->interval.high, 0.85);
}

TEST(Compare, TestsThePrimaryMetricsOfAModelOnly) {
  RunWithRecords a = finished_run("a");
  RunWithRecords b = finished_run("b");
  for (auto* data : {&a, &b}) {
    const Case subject = example_case();
    Record record = example_record(data->run, 0, subject);
    record.measurement.series = {timed("ttft", 1e6, data == &a ? 3 : 4),
                                 timed("end_to_end", 9e6, data == &a ? 5 : 6)};
    record.measurement.metrics.clear();
    derive_metrics(subject, record.measurement);
    data->records = {record};
  }
  const auto metrics_of = [](const Comparison& comparison) {
    std::vector<std::string> names;
    for (const ComparisonRow& row : comparison.rows) names.push_back(row.metric);
    return names;
  };
  EXPECT_THAT(metrics_of(compared(a, b)), ElementsAre("ttft_ns", "tpot_ns"));
  EXPECT_THAT(metrics_of(compared(a, b, {.metrics = {"end_to_end_ns"}})),
              ElementsAre("end_to_end_ns"));
  EXPECT_THAT(metrics_of(compared(a, b, {.metrics = {"all"}})),
              AllOf(Contains("prefill_tokens_per_second"), Contains("end_to_end_ns"),
                    Contains("decode_tokens_per_second")));
  EXPECT_THAT(error_of([&] { return compared(a, b, {.metrics = {"tft_ns"}}); }),
              AllOf(HasSubstr("tft_ns"), HasSubstr("did you mean")));
  EXPECT_THAT(error_of([&] { return compared(a, b, {.metrics = {"run_ns"}}); }),
              HasSubstr("run_ns"));
}

TEST(Compare, HoldsMemoryAndExactnessAgainstThresholdsOfTheirOwn) {
  RunWithRecords a = op_run("a", {1}, 10);
  RunWithRecords b = op_run("b", {1}, 20);
  b.records[0].measurement.metrics["peak_rss_bytes"] = 50.9e6;  // below 1 MiB more
  EXPECT_EQ(compared(a, b).verdict, Verdict::same);
  b.records[0].measurement.metrics["peak_rss_bytes"] = 52e6;
  const Comparison more = compared(a, b);
  EXPECT_EQ(more.verdict, Verdict::slower);
  EXPECT_EQ(row_of(more, 1, "peak_rss_bytes").verdict, Verdict::slower);
  EXPECT_EQ(compared(b, a).verdict, Verdict::same) << "less memory does not make it faster";

  b = op_run("b", {1}, 20);
  b.records[0].measurement.metrics["check_relative_error"] = 1.9e-4;
  EXPECT_EQ(compared(a, b).verdict, Verdict::same);
  b.records[0].measurement.metrics["check_relative_error"] = 2.1e-4;
  EXPECT_EQ(compared(a, b).verdict, Verdict::slower);
  b.records[0].measurement.metrics["check_relative_error"] =
      std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(compared(a, b).verdict, Verdict::slower) << "not a number is not exact";
  a.records[0].measurement.metrics["check_relative_error"] = 1e-9;
  b.records[0].measurement.metrics["check_relative_error"] = 9e-7;
  EXPECT_EQ(compared(a, b).verdict, Verdict::same) << "rounding, whatever the factor";
}

void end_with(RunWithRecords& data, Outcome outcome) {
  data.records[0].outcome = outcome;
  data.records[0].reason = "for a reason";
}

TEST(Compare, TakesALostCaseForARegression) {
  for (const Outcome outcome : {Outcome::failed, Outcome::wrong, Outcome::out_of_memory,
                                Outcome::timed_out, Outcome::unsupported}) {
    RunWithRecords b = op_run("b", {1, 1}, 20);
    end_with(b, outcome);
    const Comparison comparison = compared(op_run("a", {1, 1}, 10), b);
    EXPECT_EQ(comparison.verdict, Verdict::slower) << name_of(outcome);
    EXPECT_THAT(comparison.rows.front().reason, HasSubstr("for a reason"));
  }
}

TEST(Compare, CannotDecideOnMistrustedOrInterruptedRecords) {
  for (const Outcome outcome : {Outcome::mistrusted, Outcome::interrupted}) {
    RunWithRecords bad = op_run("bad", {1, 1}, 20);
    end_with(bad, outcome);
    EXPECT_EQ(compared(op_run("a", {1, 1}, 10), bad).verdict, Verdict::undecided);
    EXPECT_EQ(compared(bad, op_run("a", {1, 1}, 10)).verdict, Verdict::undecided);
  }
}

TEST(Compare, DoesNotCountWhatNeverWorked) {
  RunWithRecords a = op_run("a", {1, 1}, 10);
  RunWithRecords b = op_run("b", {1, 1}, 20);
  end_with(a, Outcome::failed);
  EXPECT_EQ(compared(a, b).verdict, Verdict::same) << "mended, the other case decides";
  end_with(b, Outcome::failed);
  EXPECT_EQ(compared(a, b).verdict, Verdict::same);
  a.records.pop_back();
  b.records.pop_back();
  EXPECT_EQ(compared(a, b).verdict, Verdict::incomparable) << "nothing is left to judge by";
}

TEST(Compare, RefusesOtherMachinesUnlessTheyAreTheQuestion) {
  const RunWithRecords a = op_run("a", {1}, 10);
  RunWithRecords b = op_run("b", {1.5}, 20);
  b.run.environment = R"({"cpu":{"cores":4,"model":"Other CPU"},"os":{"kernel":"6.1"}})";
  const Comparison refused = compared(a, b);
  EXPECT_EQ(refused.verdict, Verdict::incomparable);
  EXPECT_EQ(refused.tests, 0);
  EXPECT_THAT(refused.rows.front().reason, HasSubstr("cpu/cores"));
  const Comparison asked = compared(a, b, {.across_machines = true});
  EXPECT_EQ(asked.verdict, Verdict::slower);
  EXPECT_TRUE(std::ranges::any_of(asked.environment, &EnvironmentDifference::blocks));
}

TEST(Compare, ComparesBuildsAndSaysWhatDiffers) {
  const RunWithRecords a = op_run("a", {1}, 10);
  RunWithRecords b = op_run("b", {1}, 20);
  b.run.git_commit = "fedcba9876543210fedcba9876543210fedcba98";
  b.run.git_dirty = false;
  b.run.options = R"({"repetitions":7})";
  const Comparison comparison = compared(a, b);
  EXPECT_EQ(comparison.verdict, Verdict::same);
  EXPECT_THAT(
      comparison.environment,
      ElementsAre(
          EnvironmentDifference{EnvironmentPart::build, "git commit", "0123456789 (modified files)",
                                "fedcba9876 (clean)", false},
          EnvironmentDifference{EnvironmentPart::other, "option repetitions", "5", "7", false}));
}

TEST(Compare, ListsCasesOfOneSideAndRefusesNoneInCommon) {
  RunWithRecords a = op_run("a", {1, 1, 1}, 10);
  RunWithRecords b = op_run("b", {1, 1}, 20);
  const Comparison comparison = compared(a, b);
  EXPECT_EQ(comparison.cases, 2);
  EXPECT_THAT(comparison.a.unmatched, ElementsAre(HasSubstr("r3")));
  EXPECT_TRUE(comparison.b.unmatched.empty());
  EXPECT_EQ(comparison.verdict, Verdict::undecided) << "what is missing may be what is slow";
  EXPECT_EQ(exit_code_of(comparison.verdict), 3);
  EXPECT_TRUE(comparison.rows.back().missing_in_b);
  EXPECT_EQ(compared(b, a).verdict, Verdict::same) << "what is new in B hides nothing";
  a.records.back().outcome = Outcome::failed;
  EXPECT_EQ(compared(a, b).verdict, Verdict::same) << "it never worked in A";
  a.records.back().outcome = Outcome::ok;
  a.records.erase(a.records.begin(), a.records.begin() + 2);
  EXPECT_THAT(error_of([&] { return compared(a, b); }),
              AllOf(HasSubstr("no case in common"), HasSubstr("r3"), HasSubstr("both sides")));
}

TEST(Compare, IsUndecidedWhereBWasNotCheckedAndAWas) {
  const RunWithRecords a = op_run("a", {1}, 10);
  RunWithRecords b = op_run("b", {0.5}, 20);
  b.records[0].measurement.metrics.erase("check_relative_error");
  const Comparison comparison = compared(a, b);
  EXPECT_EQ(comparison.verdict, Verdict::undecided);
  EXPECT_THAT(verdict_sentence(comparison), HasSubstr("A's output was checked, B's was not"));
  EXPECT_THAT(comparison_table(comparison), HasSubstr("missing"));
  EXPECT_EQ(compared(b, a).verdict, Verdict::slower);
}

TEST(Compare, NamesMemoryThatBNoLongerSays) {
  const RunWithRecords a = op_run("a", {1}, 10);
  RunWithRecords b = op_run("b", {1}, 20);
  b.records[0].measurement.metrics.erase("peak_rss_bytes");
  const Comparison comparison = compared(a, b);
  EXPECT_EQ(comparison.verdict, Verdict::same);
  EXPECT_THAT(comparison_table(comparison), HasSubstr("A has peak_rss_bytes, B does not"));
}

TEST(Compare, NamesAMissingCaseInEveryReport) {
  const RunWithRecords a = op_run("a", {1, 1, 1}, 10);
  const RunWithRecords b = op_run("b", {1, 1}, 20);
  const Comparison comparison = compared(a, b);
  const std::string name = comparison.a.unmatched.at(0);
  EXPECT_THAT(
      verdict_sentence(comparison),
      AllOf(::testing::StartsWith("undecided: B lacks 1 case that A has"), HasSubstr(name)));
  EXPECT_THAT(comparison_junit(comparison), HasSubstr("tests=\""));
  EXPECT_THAT(comparison_junit(comparison),
              HasSubstr("<skipped message=\"undecided: A has it, B does not\"/>"));
  EXPECT_THAT(comparison_github(comparison), HasSubstr("::warning title=missing%3A"));
}

TEST(Compare, SaysWhatIsWorseWhereItIsNotSpeed) {
  const RunWithRecords a = op_run("a", {1}, 10);
  RunWithRecords b = op_run("b", {1}, 20);
  b.records[0].measurement.metrics["peak_rss_bytes"] = 90e6;
  const Comparison comparison = compared(a, b);
  EXPECT_EQ(comparison.verdict, Verdict::slower);
  EXPECT_THAT(verdict_sentence(comparison),
              ::testing::StartsWith("worse: the one case is worse in B (more memory); worst:"));
}

TEST(Compare, RefusesToCompareARecordWithItself) {
  const RunWithRecords a = op_run("a", {1}, 10);
  EXPECT_THAT(error_of([&] { return compared(a, a); }), HasSubstr("the same records"));
}

TEST(Compare, ExplainsTheWorstRowsOnly) {
  const std::vector<double> equal(30, 1);
  const std::vector<double> slower(30, 1.2);
  const Comparison comparison = compared(op_run("a", equal, 10), op_run("b", slower, 5000));
  EXPECT_EQ(comparison.verdict, Verdict::slower);
  EXPECT_EQ(std::ranges::count_if(comparison.rows,
                                  [](const ComparisonRow& row) { return bool(row.attribution); }),
            20);
}

TEST(Compare, SaysWhenRepetitionsHaveMoreThanOneLevel) {
  // A: 40 % of the processes run at twice the time. B: 60 %. The median of all jumps, the shift of
  // most pairs is nothing.
  RunWithRecords a = finished_run("a");
  RunWithRecords b = finished_run("b");
  for (auto* data : {&a, &b}) {
    Series series{"run", "ns", {}, {}};
    for (std::int64_t process = 0; process < 20; ++process) {
      const bool slow = process % 5 < (data == &a ? 2 : 3);
      for (int i = 0; i < 3; ++i)
        series.samples.push_back((slow ? 2'000'000 : 1'000'000) + process);
      series.process_counts.push_back(3);
    }
    data->records = {op_record(data->run, 0, operator_case(), series)};
  }
  const Comparison comparison = compared(a, b);
  EXPECT_EQ(comparison.verdict, Verdict::undecided);
}

TEST(Compare, TakesNoThresholdOutsideOfZeroToOne) {
  const RunWithRecords a = op_run("a", {1}, 10);
  EXPECT_THROW(compared(a, op_run("b", {1}, 20), {.threshold = 2}), std::invalid_argument);
  EXPECT_THROW(compared(a, op_run("b", {1}, 20), {.alpha = 0}), std::invalid_argument);
}

}  // namespace
}  // namespace ridgepoint

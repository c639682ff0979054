#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "results/report/comparison_report.h"
#include "results/report/comparison_text.h"
#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// One slower, one faster, one equal, one lost and one too short case.
Comparison mixed(const std::string& label_b = "candidate") {
  RunWithRecords a = op_run("base", {1, 1, 1, 1, 1, 1}, 10);
  RunWithRecords b = op_run(label_b, {1.2, 1, 0.8, 1, 1}, 20);
  b.records[3].outcome = Outcome::failed;
  b.records[3].reason = "killed by signal 11 <SIGSEGV> & \"core\"\nsecond line";
  b.records[4].measurement.series[0] = timed("run", 1e6, 3, 1, 4);
  b.run.git_commit = "fedcba9876543210fedcba9876543210fedcba98";
  return compared(std::move(a), std::move(b));
}

/// Asserts that the pieces stand in this order.
void expect_order(const std::string& text, const std::vector<std::string>& pieces) {
  std::size_t from = 0;
  for (const std::string& piece : pieces) {
    const std::size_t at = text.find(piece, from);
    ASSERT_NE(at, std::string::npos) << piece << "\nin\n" << text;
    from = at + piece.size();
  }
}

TEST(VerdictSentence, CountsCasesAndNamesTheWorst) {
  EXPECT_THAT(
      verdict_sentence(mixed()),
      StartsWith("slower: 2 of 5 cases are worse in B (lost, slower); worst: matrix_product "
                 "q8_0 r4"));
  EXPECT_EQ(verdict_sentence(compared(op_run("a", {1, 1}, 10), op_run("b", {1, 1}, 20))),
            "same: no difference beyond 2 % in 2 cases");
  const std::string faster =
      verdict_sentence(compared(op_run("a", {1.25}, 10), op_run("b", {1}, 20)));
  EXPECT_THAT(faster, AllOf(StartsWith("faster: the one case is better in B, none is worse; best:"),
                            HasSubstr("1.25 ms to"), HasSubstr("(-19.")));
}

TEST(VerdictSentence, SaysWhenProcessesAreNotInIt) {
  EXPECT_THAT(verdict_sentence(compared(op_run("a", {1}, 10, 1, 60), op_run("b", {1}, 20, 1, 60))),
              HasSubstr("One process each"));
}

TEST(ComparisonTable, BeginsWithTheVerdictThenEnvironmentThenRows) {
  const std::string text = report_comparison(mixed(), "table");
  expect_order(
      text, {"slower: ", "A  base", "B  candidate", "Threshold 2 %", "What differs in environment",
             "git commit", "case", "judged by", "lost", "+20.", "slower", "faster", "undecided",
             "same", "Reasons", "Why: ", "Only in A"});
  EXPECT_THAT(text, HasSubstr("5 + 5 processes"));
}

TEST(ComparisonMarkdown, HasVerdictRowsCauseThenFolds) {
  const std::string text = report_comparison(mixed(), "markdown");
  EXPECT_THAT(text, StartsWith("**Slower:** 2 of 5 cases are worse in B (lost, slower); worst: "));
  expect_order(text, {"**Slower:**", "A is base", "<details><summary>What differs in environment",
                      "</details>", "| case |", "**Why**", "<details>", "</details>"});
  EXPECT_THAT(text, AllOf(HasSubstr("&lt;SIGSEGV\\>"), Not(HasSubstr("<SIGSEGV"))));
  EXPECT_EQ(text.find("interval 99 %") == std::string::npos, false);
}

TEST(ComparisonMarkdown, StaysBelowWhatAForgeAccepts) {
  const std::vector<double> many(2000, 1);
  const std::vector<double> slower(2000, 1.5);
  EXPECT_LT(report_comparison(compared(op_run("a", many, 1, 3, 2), op_run("b", slower, 9000, 3, 2)),
                              "markdown")
                .size(),
            60'000U);
}

TEST(ComparisonJson, HoldsEveryRowWithItsEvidence) {
  const Comparison comparison = mixed();
  const auto json = nlohmann::json::parse(report_comparison(comparison, "json"));
  EXPECT_EQ(json["format"], "ridgepoint-comparison");
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["verdict"], "slower");
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["rows"].size(), comparison.rows.size());
  const auto& row = json["rows"][0];
  EXPECT_EQ(row["metric"], "run_ns") << "rows come in the order of metrics";
  const auto slow = std::ranges::find_if(json["rows"], [](const auto& entry) {
    return entry["metric"] == "run_ns" && entry["verdict"] == "slower";
  });
  ASSERT_NE(slow, json["rows"].end());
  EXPECT_NEAR((*slow)["evidence"]["ratio"].get<double>(), 1.2, 0.01);
  EXPECT_EQ((*slow)["replication"]["unit"], "processes");
  EXPECT_FALSE((*slow)["attribution"]["words"].empty());
}

TEST(ComparisonJunit, MakesATestCaseOfEachRowAndEscapes) {
  const Comparison comparison = mixed("a < b & \"c\"\x01");
  const std::string text = report_comparison(comparison, "junit");
  EXPECT_THAT(text, StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"));
  EXPECT_THAT(text, HasSubstr(fmt::format("tests=\"{}\" failures=\"2\"", comparison.rows.size())));
  EXPECT_THAT(text, AllOf(HasSubstr("base against a &lt; b &amp; &quot;c&quot; "),
                          HasSubstr("&lt;SIGSEGV&gt;"), Not(HasSubstr("\x01"))));
  EXPECT_THAT(text,
              AllOf(HasSubstr("<failure type=\"lost\""), HasSubstr("<failure type=\"slower\""),
                    HasSubstr("<skipped message=\"undecided")));
  std::size_t cases = 0;
  for (std::size_t at = 0; (at = text.find("<testcase ", at)) != std::string::npos; ++at) ++cases;
  EXPECT_EQ(cases, comparison.rows.size());
}

TEST(ComparisonGithub, AnnotatesTheVerdictAndTheWorstRows) {
  const std::string text = report_comparison(mixed(), "github");
  EXPECT_THAT(text, StartsWith("::error title=ridgepoint compare::slower: 2 of 5 cases"));
  EXPECT_THAT(text, HasSubstr("::error title=lost%3A matrix_product"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n') > 5, true);
  const std::string same =
      report_comparison(compared(op_run("a", {1}, 10), op_run("b", {1}, 20)), "github");
  EXPECT_THAT(same, StartsWith("::notice "));
}

TEST(ComparisonGithub, KeepsToWhatIsShownAndLetsNoTextBecomeACommand) {
  const std::vector<double> many(40, 1);
  const std::vector<double> slower(40, 1.5);
  RunWithRecords b = op_run("::error::boo", slower, 9000);
  const std::string text = report_comparison(compared(op_run("a", many, 1), b), "github");
  std::size_t commands = text.starts_with("::") ? 1 : 0;
  for (std::size_t at = 0; (at = text.find("\n::", at)) != std::string::npos; ++at) ++commands;
  EXPECT_EQ(commands, 10U);
}

void collect_keys(const nlohmann::json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured() && key != "case") collect_keys(value, keys);
  }
}

TEST(FormatsDocument, NamesEveryKeyOfTheJsonOfAComparison) {
  std::ifstream file(std::string(RIDGEPOINT_SOURCE_DIR) + "/docs/formats.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t from = text.find("## JSON of a comparison");
  ASSERT_NE(from, std::string::npos);
  const std::string section = text.substr(from, text.find("\n## ", from + 1) - from);
  Comparison comparison = mixed();
  comparison.rows.front().other_weights = true;
  for (ComparisonRow& row : comparison.rows) {
    if (!row.attribution) continue;
    row.attribution->ops.push_back({.op_id = "logits"});
    row.attribution->around.push_back({"clock", 1, 2, "Hz"});
  }
  std::set<std::string> keys;
  collect_keys(nlohmann::json::parse(report_comparison(comparison, "json")), keys);
  EXPECT_GT(keys.size(), 60U);
  for (const std::string& key : keys) {
    EXPECT_NE(section.find(fmt::format("`{}`", key)), std::string::npos) << key;
  }
}

TEST(ComparisonReport, KnowsItsFormats) {
  EXPECT_EQ(comparison_formats().size(), 5U);
  EXPECT_THAT(error_of([] { require_comparison_format("markdwn"); }),
              AllOf(HasSubstr("markdwn"), HasSubstr("markdown")));
}

}  // namespace
}  // namespace ridgepoint

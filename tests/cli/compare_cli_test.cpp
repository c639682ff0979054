// `ridgepoint compare` as a person meets it: verdict first, exit code by verdict, mistakes in a
// line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "results/store/store.h"
#include "tests/support/command_test.h"
#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CompareCommand : public CommandTest {
 protected:
  CompareCommand() {
    store("base", {1, 1}, 10, "");
    store("slow", {1, 1.2}, 20, "");
    store("equal", {1, 1}, 30, "");
  }

  void store(const std::string& label, const std::vector<double>& factors, std::uint64_t seed,
             const std::string& commit) const {
    RunWithRecords data = op_run(label, factors, seed);
    if (!commit.empty()) data.run.git_commit = commit;
    data.run.started_unix_ns += static_cast<std::int64_t>(seed) * 1'000'000'000;
    Store(folder_.path() / "ridgepoint" / "ridgepoint.db", OpenMode::read_write)
        .merge_run(data, "test");
  }

  [[nodiscard]] ProgramResult compare_runs(std::vector<std::string> arguments,
                                           std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), {ridgepoint_path(), "compare"});
    environment.push_back("XDG_DATA_HOME=" + folder_.path().string());
    return run_program(arguments, environment);
  }

  void expect_refusal(const std::vector<std::string>& arguments,
                      const ::testing::Matcher<std::string>& line) const {
    const ProgramResult result = compare_runs(arguments);
    SCOPED_TRACE(::testing::PrintToString(arguments));
    expect_one_line(result, line);
    EXPECT_EQ(result.out, "");
  }

  [[nodiscard]] std::string text_of(const std::string& path) const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(CompareCommand, EndsWithTheVerdict) {
  const ProgramResult slower = compare_runs({"base", "slow"});
  EXPECT_EQ(slower.exit_code, 1) << slower.err;
  EXPECT_THAT(slower.out, StartsWith("slower: 1 of 2 cases is worse in B; worst: matrix_product"));
  const ProgramResult same = compare_runs({"base", "equal"});
  EXPECT_EQ(same.exit_code, 0) << same.out;
  EXPECT_THAT(same.out, StartsWith("same: "));
  EXPECT_EQ(compare_runs({"slow", "base"}).exit_code, 0);
}

TEST_F(CompareCommand, TakesThresholdsAndFilters) {
  EXPECT_EQ(compare_runs({"base", "slow", "--threshold", "50%"}).exit_code, 0);
  EXPECT_EQ(compare_runs({"label:base,rows:2", "label:slow,rows:2", "--alpha", "0.05"}).exit_code,
            1);
  EXPECT_EQ(
      compare_runs({"label:base,rows:1", "label:slow,rows:1", "--metric", "run_ns"}).exit_code, 0);
}

TEST_F(CompareCommand, WritesEveryFormat) {
  const auto out = [&](const char* format) {
    const ProgramResult result = compare_runs({"base", "slow", "--format", format});
    EXPECT_EQ(result.exit_code, 1) << result.err;
    return result.out;
  };
  EXPECT_THAT(out("markdown"), StartsWith("**Slower:** "));
  EXPECT_EQ(nlohmann::json::parse(out("json"))["verdict"], "slower");
  EXPECT_THAT(out("junit"), AllOf(StartsWith("<?xml"), HasSubstr("<failure type=\"slower\"")));
  EXPECT_THAT(out("github"), StartsWith("::error title=ridgepoint compare::slower: "));
}

TEST_F(CompareCommand, SaysTheVerdictAlsoWhenTheReportGoesToAFile) {
  const std::string file = folder_.file("report.md");
  const ProgramResult result =
      compare_runs({"base", "slow", "--format", "markdown", "--output", file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, StartsWith("slower: "));
  EXPECT_THAT(text_of(file), StartsWith("**Slower:** "));
}

TEST_F(CompareCommand, AppendsTheStepSummaryOfAWorkflow) {
  const std::string file = folder_.file("summary.md");
  std::ofstream(file) << "before\n";
  EXPECT_EQ(compare_runs({"base", "slow", "--format", "github"}, {"GITHUB_STEP_SUMMARY=" + file})
                .exit_code,
            1);
  EXPECT_THAT(text_of(file), AllOf(StartsWith("before\n**Slower:** "), HasSubstr("<details>")));
}

TEST_F(CompareCommand, FindsTheRunsOfAGitRef) {
  const std::string repository = folder_.file("repository");
  const std::vector<std::string> settings = {"GIT_DIR=" + repository + "/.git",
                                             "GIT_AUTHOR_NAME=a",
                                             "GIT_AUTHOR_EMAIL=a@b",
                                             "GIT_COMMITTER_NAME=a",
                                             "GIT_COMMITTER_EMAIL=a@b",
                                             "GIT_CONFIG_GLOBAL=/dev/null"};
  if (run_program({"git", "init", "--quiet", repository}).exit_code != 0) {
    GTEST_SKIP() << "no git here";
  }
  ASSERT_EQ(
      run_program({"git", "commit", "--quiet", "--allow-empty", "-m", "x"}, settings).exit_code, 0);
  ASSERT_EQ(run_program({"git", "branch", "topic"}, settings).exit_code, 0);
  std::string commit = run_program({"git", "rev-parse", "HEAD"}, settings).out;
  commit.resize(40);
  store("of a commit", {1, 1.3}, 40, commit);
  const ProgramResult result = compare_runs({"base", "topic"}, settings);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("of a commit"));
  EXPECT_EQ(compare_runs({"base", commit.substr(0, 12)}).exit_code, 1) << "without a repository";
}

TEST_F(CompareCommand, RefusesInOneLine) {
  expect_refusal({"base", "nowhere"}, HasSubstr("nowhere"));
  expect_refusal({"base", "base"}, HasSubstr("the same records"));
  expect_refusal({"base", "slow", "--help-me"}, HasSubstr("--help-me"));
  expect_refusal({"base", "slow", "--threshold", "2"}, HasSubstr("--threshold"));
  expect_refusal({"base", "slow", "--alpha", "x"}, HasSubstr("--alpha"));
  expect_refusal({"base", "slow", "--format", "xml"}, HasSubstr("junit"));
  expect_refusal({"base", "slow", "--metric", "speed"}, HasSubstr("speed"));
  expect_refusal({"rows:1", "rows:"}, HasSubstr("rows:"));
}

}  // namespace
}  // namespace ridgepoint::testing

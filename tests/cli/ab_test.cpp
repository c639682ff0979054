// `ridgepoint ab` as a person meets it: each kind of arm once, each verdict's exit code, each
// mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class AbCommand : public CommandTest {
 protected:
  /// An A/B of two commands that print a number each: no clock, so no noise but what is asked for.
  [[nodiscard]] ProgramResult ab_of_numbers(const std::string& a, const std::string& b,
                                            std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{
        "ab",   "--a", "cmd:echo time: " + a, "--b", "cmd:echo time: " + b, "--number-after",
        "time:"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ridgepoint(arguments);
  }
};

TEST_F(AbCommand, ExitCodeIsTheVerdict) {
  const auto slower = ab_of_numbers("100", "110");
  EXPECT_EQ(slower.exit_code, 1) << slower.err;
  EXPECT_THAT(slower.out, StartsWith("slower: B is slower than A by more than 2 %"));
  const auto same = ab_of_numbers("100", "100.5");
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, StartsWith("same:"));
  const auto faster = ab_of_numbers("100", "90");
  EXPECT_EQ(faster.exit_code, 0);
  EXPECT_THAT(faster.out, StartsWith("faster:"));
  const auto undecided = ab_of_numbers("100", "110", {"--pairs", "5"});
  EXPECT_EQ(undecided.exit_code, 3);
  EXPECT_THAT(undecided.out, HasSubstr("ridgepoint ab --resume"));
}

TEST_F(AbCommand, UndecidedGoesOnWithOneCommand) {
  ASSERT_EQ(ab_of_numbers("100", "110", {"--pairs", "5", "--label", "mine"}).exit_code, 3);
  const auto resumed = ridgepoint({"ab", "--resume", "mine"});
  EXPECT_EQ(resumed.exit_code, 1) << resumed.err;
  const auto shown = ridgepoint({"ab", "--show", "latest", "--format", "json"});
  EXPECT_EQ(shown.exit_code, 1);
  const auto json = nlohmann::json::parse(shown.out);
  EXPECT_EQ(json["verdict"], "slower");
  EXPECT_GT(json["pairs"].size(), 5u);
  EXPECT_NEAR(json["figures"][0]["worse_ratio"].get<double>(), 1.1, 1e-9);
}

TEST_F(AbCommand, GoesOnByTheRulesThatItWasBegunWith) {
  ASSERT_EQ(ab_of_numbers("100", "110", {"--pairs", "5", "--label", "mine"}).exit_code, 3);
  expect_one_line_refusal({"ab", "--resume", "mine", "--tolerance", "20%", "--seed", "7"},
                          HasSubstr("leave out --tolerance, --seed"));
  expect_one_line_refusal({"ab", "--show", "mine", "--alpha", "5%"},
                          HasSubstr("leave out --alpha"));
  const auto resumed = ridgepoint({"ab", "--resume", "mine", "--pairs", "1"});
  EXPECT_EQ(resumed.exit_code, 3) << resumed.out << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("6 pairs did not decide it"));
}

TEST_F(AbCommand, AnInterruptWhileACheckoutIsBuiltIsAnInterrupt) {
  const std::string repository = folder_.file("repository");
  const std::string script = "set -e; git init -q -b main " + repository + "; cd " + repository +
                             "; git config user.email a@b; git config user.name n; echo x > x; "
                             "git add .; git commit -qm one";
  ASSERT_EQ(run_program({"/bin/sh", "-c", script}).exit_code, 0);
  const std::string built = folder_.file("built");
  const auto result = run_program(
      {"/bin/sh", "-c",
       "cd " + repository + " && { " + ridgepoint_path() + " ab --refs HEAD..HEAD --build 'touch " +
           built + "; sleep 30' --bench true & } ; pid=$!; while [ ! -e " + built +
           " ]; do sleep 0.02; done; kill -TERM $pid; wait $pid"},
      {"XDG_DATA_HOME=" + folder_.path().string()});
  EXPECT_EQ(result.exit_code, 130) << result.out << result.err;
}

TEST_F(AbCommand, MoreMayBeBetter) {
  EXPECT_EQ(ab_of_numbers("100", "110", {"--more-is-better"}).exit_code, 0);
  EXPECT_EQ(ab_of_numbers("110", "100", {"--more-is-better"}).exit_code, 1);
}

TEST_F(AbCommand, MarkdownPutsTheVerdictFirst) {
  const auto result = ab_of_numbers("100", "110", {"--format", "markdown"});
  EXPECT_THAT(result.out, StartsWith("**slower**: B is slower than A"));
  EXPECT_THAT(result.out, HasSubstr("| time: | slower | +10.0 % |"));
  EXPECT_THAT(result.out, HasSubstr("</details>"));
}

TEST_F(AbCommand, ComparesCasesOfThisProgramAndOfABuild) {
  const std::string options =
      " --backend null --model byte-llama-6m --prompt 8 --generate 4 --repetitions 3";
  const auto build = std::filesystem::path(ridgepoint_path()).parent_path().parent_path();
  const auto result =
      ridgepoint({"ab", "--a", "run:" + options, "--b", "build:" + build.string() + options,
                  "--pairs", "2", "--format", "json"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json["figures"].size(), 2u);
  EXPECT_THAT(json["figures"][0]["name"].get<std::string>(), HasSubstr("TTFT"));
  // Pairs that were disturbed are dropped and made up for, as far as there is time.
  EXPECT_LE(json["counted_pairs"].get<int>(), 2);
  EXPECT_GE(json["counted_pairs"].get<int>() + json["dropped_pairs"].get<int>(), 2);
}

TEST_F(AbCommand, CaseThatCannotRunIsAToolFailure) {
  const auto result = ridgepoint({"ab", "--a", "run:--backend null", "--b", "run:--backend nul"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("nul"));
}

TEST_F(AbCommand, ComparesTwoCommitsInCheckoutsThatGoAwayAgain) {
  const std::string repository = folder_.file("repository");
  const std::string script =
      "set -e; git init -q -b main " + repository + "; cd " + repository +
      "; git config user.email a@b; git config user.name n; echo 'echo time: 100' > bench.sh; "
      "git add .; git commit -qm one; git tag base; echo 'echo time: 120' > bench.sh; "
      "git commit -qam two";
  ASSERT_EQ(run_program({"/bin/sh", "-c", script}).exit_code, 0);
  const auto result =
      run_program({"/bin/sh", "-c",
                   "cd " + repository + " && exec " + ridgepoint_path() +
                       " ab --refs base..HEAD --build 'cp bench.sh built.sh' --bench 'sh built.sh' "
                       "--number-after time:"},
                  {"XDG_DATA_HOME=" + folder_.path().string()});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("+20.0 %"));
  EXPECT_EQ(
      run_program({"/bin/sh", "-c", "cd " + repository + " && git worktree list | wc -l"}).out,
      "1\n");
}

TEST_F(AbCommand, MistakesAreOneLine) {
  expect_one_line_refusal({"ab"}, HasSubstr("--a SPEC and --b SPEC"));
  expect_one_line_refusal({"ab", "--a", "cmd:true", "--b", "cdm:true"}, HasSubstr("mean 'cmd'"));
  expect_one_line_refusal({"ab", "--a", "cmd:true", "--b", "cmd:true", "--tolerance", "2"},
                          HasSubstr("--tolerance: expected a percentage"));
  expect_one_line_refusal({"ab", "--a", "cmd:true", "--b", "cmd:true", "--budget", "soon"},
                          HasSubstr("--budget: expected a duration"));
  expect_one_line_refusal({"ab", "--a", "cmd:exit 7", "--b", "cmd:true"},
                          HasSubstr("'exit 7' failed (exit code 7)"));
  expect_one_line_refusal({"ab", "--resume", "nothing"}, HasSubstr("A/B session"));
  expect_one_line_refusal({"ab", "--refs", "main"}, HasSubstr("A..B"));
  expect_one_line_refusal({"ab", "--refs", "a...b", "--bench", "x"}, HasSubstr("three dots"));
}

TEST_F(AbCommand, InterruptedKeepsItsPairs) {
  const auto result = ridgepoint({"ab", "--a", "cmd:sleep 0.01", "--b", "cmd:sleep 0.01",
                                  "--tolerance", "0.01%", "--power-at", "1%"},
                                 3000);
  EXPECT_EQ(result.exit_code, 130) << result.err << result.out;
  const auto shown = ridgepoint({"ab", "--show", "latest", "--format", "json"});
  EXPECT_GT(nlohmann::json::parse(shown.out)["pairs"].size(), 0u);
}

}  // namespace
}  // namespace ridgepoint::testing

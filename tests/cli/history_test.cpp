// `ridgepoint history` as a person meets it: over a database of runs with commits, and with a
// replay in a repository of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/command_test.h"
#include "tests/support/stored_runs.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Case operator_case() {
  Case subject;
  subject.workload = "op";
  subject.op = "matrix_product";
  subject.type = "q8_0";
  subject.threads = 2;
  return subject;
}

class HistoryCommand : public CommandTest {
 protected:
  void store(const std::vector<DailyRun>& days, const Case& subject = operator_case(),
             const std::string& metric = "run_ns") const {
    store_daily_runs(database_, subject, metric, days);
  }

  [[nodiscard]] ProgramResult history(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{ridgepoint_path(), "history", "--db", database_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }

  [[nodiscard]] nlohmann::json history_json(std::vector<std::string> more) const {
    more.insert(more.end(), {"--format", "json"});
    const auto result = history(more);
    EXPECT_THAT(result.exit_code, ::testing::Le(1)) << result.err;
    return nlohmann::json::parse(result.out);
  }

  void expect_one_line_refusal(const std::vector<std::string>& arguments,
                               const ::testing::Matcher<std::string>& line) const {
    expect_one_line(history(arguments), line);
  }

  std::string database_ = folder_.file("runs.db");
};

TEST_F(HistoryCommand, SteadyCaseHasNoChange) {
  store(steady_days(30));
  const auto result = history({"op:matrix_product"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("no change of 2 % or more of run_ns in 30 runs\n"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("999 random orders (seed 1)"), HasSubstr("c0ffe29"),
                                Not(HasSubstr("confirm with"))));
}

TEST_F(HistoryCommand, SlowdownIsExitOneAndNamesItsCommits) {
  store(steady_days(40, 25, 1.041));
  const auto result = history({"rows:1"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, StartsWith("worse: run_ns +4.1 % since c0ffe25 (not confirmed)\n"));
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("between c0ffe24 and c0ffe25: +4.1 %, worse (1.00 ms to 1.04 ms, p 0.001, "
                      "25 runs before and 15 after), not confirmed\n"),
            HasSubstr("confirm with: ridgepoint ab --refs c0ffe24eeeee..c0ffe25eeeee --build "),
            HasSubstr("'build:build --workload op"), HasSubstr("▲ +4.1 %, worse"), HasSubstr("^")));
}

TEST_F(HistoryCommand, OfTimesToTheFirstTokenReadsAsThat) {
  Case subject;
  subject.prompt = 512;
  store(steady_days(40, 25, 1.041), subject, "ttft_ns");
  const auto result = history({"prompt:512"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, StartsWith("worse: ttft_ns +4.1 % since c0ffe25 (not confirmed)\n"));
  EXPECT_EQ(history({"prompt:512", "--metric", "ttft_ns"}).out, result.out);
}

TEST_F(HistoryCommand, ImprovementIsExitZero) {
  store(steady_days(40, 25, 0.9));
  const auto result = history({"rows:1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("better: run_ns -10.0 %"));
}

TEST_F(HistoryCommand, EffectFloorIsTheUsers) {
  store(steady_days(40, 25, 1.041));
  const auto result = history({"rows:1", "--effect", "5%"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(StartsWith("no change of 5 % or more"),
                                HasSubstr("(1 smaller change left out)")));
}

TEST_F(HistoryCommand, TooFewRunsAreSaidSo) {
  store(steady_days(9));
  const auto result = history({"rows:1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              StartsWith("too few: 9 runs with a value; 10 are the fewest that alpha 1 %"));
  EXPECT_THAT(history({"rows:1", "--alpha", "5%"}).out, StartsWith("no change"));
}

TEST_F(HistoryCommand, GapsAndOtherMachinesAreListed) {
  auto days = steady_days(30);
  days[5] = {.value = {}, .commit = "abc", .outcome = Outcome::failed, .reason = "SIGSEGV"};
  days[6].environment = R"({"cpu":{"cores":64,"model":"Big CPU"}})";
  store(days);
  const auto result = history({"rows:1"});
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("29 runs, 1 without a value"), HasSubstr("failed: SIGSEGV"),
                    HasSubstr("apart: 1 run on Big CPU"), HasSubstr("·")));
}

TEST_F(HistoryCommand, JsonHoldsWhatTheTableSays) {
  auto days = steady_days(40, 25, 1.05);
  days[3].dirty = true;
  store(days);
  const auto json = history_json({"rows:1", "--last", "30"});
  EXPECT_EQ(json["format"], "ridgepoint-history");
  EXPECT_EQ(json["metric"], "run_ns");
  EXPECT_EQ(json["points"].size(), 30U);
  EXPECT_EQ(json["earlier"], 10);
  EXPECT_EQ(json["ends_worse"], true);
  ASSERT_EQ(json["changes"].size(), 1U);
  const auto& change = json["changes"][0];
  EXPECT_EQ(change["after"], 15);
  EXPECT_NEAR(change["ratio"].get<double>(), 1.05, 0.01);
  EXPECT_EQ(change["confirmation"], "not confirmed");
  EXPECT_THAT(change["command"].get<std::string>(), HasSubstr("ridgepoint ab --refs"));
}

void collect_keys(const nlohmann::json& json, std::vector<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.push_back(key);
    if (value.is_structured() && key != "case") collect_keys(value, keys);
  }
}

TEST_F(HistoryCommand, DocumentNamesEveryKeyOfTheJson) {
  auto days = steady_days(40, 25, 1.05);
  days[6].environment = R"({"cpu":{"cores":64,"model":"Big CPU"}})";
  store(days);
  std::vector<std::string> keys;
  collect_keys(history_json({"rows:1"}), keys);
  EXPECT_GT(keys.size(), 50U);
  std::ifstream file(std::string(RIDGEPOINT_SOURCE_DIR) + "/docs/formats.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto begin = text.find("## History as JSON");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
  for (const std::string& key : keys) {
    EXPECT_NE(section.find("`" + key + "`"), std::string::npos) << key;
  }
}

TEST_F(HistoryCommand, MarkdownPutsTheVerdictFirst) {
  store(steady_days(40, 25, 1.05));
  const auto result = history({"rows:1", "--format", "markdown"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(StartsWith("**worse**: run\\_ns +5."), HasSubstr("</details>"),
                                HasSubstr("| time | run | commit | branch |"),
                                HasSubstr("ridgepoint ab --refs")));
}

TEST_F(HistoryCommand, WhatCannotBeReplayedSaysWhy) {
  auto days = steady_days(40, 25, 1.05);
  for (auto& day : days) day.commit = example_commit(1);
  store(days);
  EXPECT_THAT(history({"rows:1"}).out, AllOf(HasSubstr("between two runs of c0ffe1"),
                                             HasSubstr("no replay: both runs are of "
                                                       "the same commit")));
  expect_one_line_refusal({"rows:1", "--confirm"}, HasSubstr("no replay: both runs"));
}

TEST_F(HistoryCommand, MistakesAreOneLine) {
  expect_one_line_refusal({"rows:1"}, HasSubstr("runs.db"));
  store(steady_days(12));
  expect_one_line_refusal({}, HasSubstr("CASE is required"));
  expect_one_line_refusal({"rows:9"}, HasSubstr("fits no case"));
  expect_one_line_refusal({"rows:1", "--alpha", "1"}, HasSubstr("--alpha: expected a percentage"));
  expect_one_line_refusal({"rows:1", "--alpha", "60%"}, HasSubstr("--alpha: must lie between"));
  expect_one_line_refusal({"rows:1", "--metric", "tpot_ns"}, HasSubstr("it has run_ns"));
  expect_one_line_refusal({"rows:1", "--last", "-1"}, HasSubstr("--last"));
}

/// A repository of two commits; what stands in for a Google Benchmark program prints the time that
/// the commit says, so that no clock is read.
class HistoryReplay : public HistoryCommand {
 protected:
  void make_repository(int base_ns, int head_ns) {
    const std::string script = R"(set -e; git init -q -b main "$R"; cd "$R"
git config user.email a@b; git config user.name n
cat > bench.sh <<'END'
#!/bin/sh
for argument; do
  case "$argument" in --benchmark_out=*) out=${argument#--benchmark_out=} ;; esac
done
time=$(cat time_ns)
cat > "$out" <<JSON
{"context": {"date": "2024-01-01T00:00:00+00:00", "host_name": "h", "executable": "bench",
 "num_cpus": 1, "library_build_type": "release"}, "benchmarks": [{"name": "BM_X", "run_name": "BM_X",
 "run_type": "iteration", "repetitions": 1, "repetition_index": 0, "threads": 1, "iterations": 10,
 "real_time": $time, "cpu_time": $time, "time_unit": "ns"}]}
JSON
END
chmod +x bench.sh; echo "$A" > time_ns; git add .; git commit -qm one
echo "$B" > time_ns; git commit -qa --allow-empty -m two; git rev-parse HEAD~ HEAD)";
    const auto made = run_program(
        {"/bin/sh", "-c", script},
        {"R=" + repository_, "A=" + std::to_string(base_ns), "B=" + std::to_string(head_ns)});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const std::string base = made.out.substr(0, 40), head = made.out.substr(41, 40);
    auto days = steady_days(30, 15, 1.1);
    for (std::size_t i = 0; i < days.size(); ++i) days[i].commit = i < 15 ? base : head;
    Case subject;
    subject.workload = "imported";
    subject.name = "BM_X";
    store(days, subject, "real_time_ns");
  }

  [[nodiscard]] ProgramResult confirm(const std::string& more = "") const {
    return run_program({"/bin/sh", "-c",
                        "cd " + repository_ + " && exec " + ridgepoint_path() +
                            " history name:BM_X --confirm --bench gbench:./bench.sh --db " +
                            database_ + more});
  }

  std::string repository_ = folder_.file("repository");
};

TEST_F(HistoryReplay, ConfirmsTheNewestSlowdown) {
  make_repository(1000, 1100);
  EXPECT_THAT(history({"name:BM_X"}).out,
              HasSubstr("no replay: it was measured by another program"));
  const auto result = confirm();
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, StartsWith("worse: real_time_ns +"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("confirmed by A/B session"), HasSubstr(": slower"),
                                HasSubstr("(1 commit)"), Not(HasSubstr("confirm with"))));

  const auto again = history_json({"name:BM_X"});
  EXPECT_EQ(again["changes"][0]["confirmation"], "confirmed");
  EXPECT_EQ(again["changes"][0]["verdict"], "slower");
  const auto label = run_program({ridgepoint_path(), "ab", "--db", database_, "--format", "json",
                                  "--show", again["changes"][0]["session_id"].get<std::string>()});
  EXPECT_THAT(nlohmann::json::parse(label.out)["label"].get<std::string>(),
              StartsWith("confirm " + again["case_hash"].get<std::string>() + " "));

  // What is decided is not measured again.
  EXPECT_THAT(confirm().err, Not(HasSubstr("building")));
}

TEST_F(HistoryReplay, RefutedSlowdownIsExitZero) {
  make_repository(1000, 1000);
  const auto result = confirm();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(StartsWith("not the code: "), HasSubstr("refuted by A/B session"),
                                HasSubstr(": same")));
}

TEST_F(HistoryReplay, BuildThatFailsIsExitTwo) {
  make_repository(1000, 1100);
  const auto result = confirm(" --build false");
  EXPECT_EQ(result.exit_code, 2) << result.out;
  EXPECT_THAT(result.err, AllOf(HasSubstr("'false'"), HasSubstr("--confirm: the A/B failed"),
                                HasSubstr("--a build:DIR")));
}

/// Cases that ridgepoint runs itself. What differs between the two sides is a planted factor of two
/// in what a pass takes: larger than what any machine under test makes of equal ones.
class HistoryOfBuilds : public HistoryCommand {
 protected:
  /// A build of ridgepoint whose null backend takes so long, whatever it is told.
  static std::string build_script(const std::string& folder, int latency_ns) {
    return "mkdir -p " + folder + "/bin; cat > " + folder + R"(/bin/ridgepoint <<'END'
#!/bin/sh
count=$#
while [ $count -gt 0 ]; do
  word=$1; shift; count=$((count - 1))
  case "$word" in null:latency_ns=*) word=null:latency_ns=)" +
           std::to_string(latency_ns) +
           R"( ;; --case-budget-seconds=*) word=--case-budget-seconds=0.03 ;; esac
  set -- "$@" "$word"
done
exec )" + ridgepoint_path() +
           " \"$@\"\nEND\nchmod +x " + folder + "/bin/ridgepoint\n";
  }

  static Case null_case() {
    Case subject = operator_case();
    subject.backend = "null:latency_ns=100000";
    subject.in = subject.out = 64;
    return subject;
  }

  [[nodiscard]] ProgramResult shell(const std::string& script) const {
    return run_program({"/bin/sh", "-ec", script}, {"R=" + repository_});
  }

  /// A repository whose two commits hold these files, each a pair of contents.
  std::pair<std::string, std::string> commit_two(const std::string& name, const std::string& first,
                                                 const std::string& second) const {
    const std::string save = "cat > " + name + " <<'FILE'\n";
    const auto made = shell(
        "git init -q -b main \"$R\"; cd \"$R\"; git config user.email a@b; git config "
        "user.name n\n" +
        save + first + "\nFILE\ngit add .; git commit -qm one\n" + save + second +
        "\nFILE\ngit commit -qam two; git rev-parse HEAD~ HEAD\n");
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return {made.out.substr(0, 40), made.out.substr(41, 40)};
  }

  void store_change(const Case& subject, const std::string& metric, const std::string& before,
                    const std::string& after) const {
    auto days = steady_days(30, 15, 2);
    for (std::size_t i = 0; i < days.size(); ++i) days[i].commit = i < 15 ? before : after;
    store(days, subject, metric);
  }

  [[nodiscard]] ProgramResult confirm(const std::string& which, const std::string& more) const {
    return shell("cd \"$R\" && exec " + ridgepoint_path() + " history " + which +
                 " --confirm --db " + database_ + " " + more);
  }

  void expect_confirmed(const ProgramResult& result, const std::string& which) const {
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.out, AllOf(StartsWith("worse: "), HasSubstr("confirmed by A/B session"),
                                  HasSubstr(": slower")))
        << result.err;
    const auto again = history_json({which});
    EXPECT_EQ(again["changes"][0]["confirmation"], "confirmed");
    EXPECT_EQ(again["changes"][0]["verdict"], "slower");
  }

  std::string repository_ = folder_.file("repository");
};

TEST_F(HistoryOfBuilds, ConfirmsBetweenTheBuildsOfBothCommits) {
  const auto [before, after] =
      commit_two("build.sh", build_script("build", 100'000), build_script("build", 400'000));
  store_change(null_case(), "run_ns", before, after);
  const auto result = confirm("rows:1", "--build 'sh build.sh'");
  EXPECT_THAT(result.err, AllOf(HasSubstr("building " + before.substr(0, 12)),
                                HasSubstr("building " + after.substr(0, 12))));
  expect_confirmed(result, "rows:1");
}

TEST_F(HistoryOfBuilds, ConfirmsBetweenTwoBuildsThatSomebodyKept) {
  ASSERT_EQ(shell("mkdir \"$R\"; cd \"$R\"\n" + build_script("old", 100'000) +
                  build_script("new", 400'000))
                .exit_code,
            0);
  store_change(null_case(), "run_ns", "", "");
  EXPECT_THAT(confirm("rows:1", "").err, HasSubstr("give the two sides with --a and --b"));
  const auto result = confirm("rows:1", "--a build:old --b build:new");
  EXPECT_THAT(result.err, Not(HasSubstr("building")));
  expect_confirmed(result, "rows:1");
}

/// The engine computes nothing, so its answers are not checked.
class HistoryOfPlugins : public HistoryOfBuilds {
 protected:
  static std::string library(const std::string& name) {
    return std::string(RIDGEPOINT_BINARY_DIR) + "/tests/plugin/lib" + name + ".so";
  }
  static std::string arm(const std::string& backend) {
    return "'run:--model byte-llama-6m --prompt 4 --generate 0 --check false --case-budget-seconds "
           "0.1 --backend " +
           backend + ":units=200'";
  }
  static Case plugin_case(const std::string& backend) {
    Case subject;
    subject.prompt = 4;
    subject.backend = backend + ":units=200";
    return subject;
  }
};

TEST_F(HistoryOfPlugins, ConfirmsBetweenTheLibrariesThatBothCommitsBuild) {
  const auto [before, after] =
      commit_two("library", library("planted_slowdown"), library("planted_slowdown_doubled"));
  store_change(plugin_case("./engine.so"), "ttft_ns", before, after);
  EXPECT_THAT(history({"prompt:4"}).out, HasSubstr("say with --build how a checkout builds"));
  expect_confirmed(
      confirm("prompt:4", "--build 'cp $(cat library) engine.so' --bench " + arm("./engine.so")),
      "prompt:4");
}

TEST_F(HistoryOfPlugins, ConfirmsBetweenTwoLibrariesThatSomebodyKept) {
  ASSERT_EQ(shell("mkdir \"$R\"").exit_code, 0);
  store_change(plugin_case("/opt/engine.so"), "ttft_ns", example_commit(1), example_commit(2));
  EXPECT_THAT(history({"prompt:4"}).out, HasSubstr("has the same path in every checkout"));
  expect_confirmed(confirm("prompt:4", "--a " + arm(library("planted_slowdown")) + " --b " +
                                           arm(library("planted_slowdown_doubled"))),
                   "prompt:4");
}

TEST_F(HistoryOfBuilds, WhatCannotBeHadIsOneLine) {
  store(steady_days(40, 25, 1.05));
  expect_one_line_refusal({"rows:1", "--confirm"},
                          AllOf(HasSubstr("commit c0ffe24eeeee is in no git repository here"),
                                HasSubstr("--a build:DIR")));
  expect_one_line_refusal({"rows:1", "--confirm", "--a", "build:old"}, HasSubstr("both sides"));
  expect_one_line_refusal(
      {"rows:1", "--confirm", "--a", "build:old", "--b", "build:new", "--build", "make"},
      HasSubstr("leave --build and --bench"));
  expect_one_line_refusal({"rows:1", "--confirm", "--a", "old", "--b", "new"},
                          HasSubstr("--a: expected build:DIR"));
}

}  // namespace
}  // namespace ridgepoint::testing

#include "harness/environment/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/environment/build_info.h"
#include "harness/environment/git_state.h"
#include "harness/environment/program.h"
#include "harness/run/conditions.h"

namespace ridgepoint {
namespace {

using ::testing::MatchesRegex;
using Json = nlohmann::json;

TEST(Environment, IsCanonicalJsonWithItsHash) {
  const auto environment = read_environment();
  const auto json = Json::parse(environment.stable);
  EXPECT_EQ(json.dump(), environment.stable);
  EXPECT_THAT(environment.stable_hash, MatchesRegex("[0-9a-f]{32}"));
  for (const auto* key : {"compiler", "cpu", "huge_pages", "kernel", "limits", "memory", "os",
                          "ridgepoint", "virtualisation"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const auto* key :
       {"model", "sockets", "cores", "threads", "numa_nodes", "cache_bytes", "isa", "governor"}) {
    EXPECT_TRUE(json["cpu"].contains(key)) << key;
  }
  EXPECT_EQ(json["ridgepoint"]["version"], build_info().version);
  EXPECT_FALSE(json["compiler"]["build_type"].get<std::string>().empty());
}

TEST(Environment, StaysTheSameFromOneReadingToTheNext) {
  const auto first = read_environment();
  const auto second = read_environment();
  EXPECT_EQ(first.stable, second.stable);
  EXPECT_EQ(first.stable_hash, second.stable_hash);
}

TEST(Environment, RoundsMemorySoThatABootDoesNotChangeIt) {
  const auto total = Json::parse(read_environment().stable)["memory"]["total_bytes"];
  ASSERT_TRUE(total.is_number()) << total;
  EXPECT_EQ(total.get<std::int64_t>() % (std::int64_t{256} << 20), 0);
}

TEST(Conditions, HoldWhatMoves) {
  const auto json = Json::parse(read_conditions());
  EXPECT_EQ(json.dump(), read_conditions().substr(0, 0) + json.dump());
  EXPECT_EQ(json["load_average"].size(), 3u);
  EXPECT_GT(json["memory_available_bytes"].get<std::int64_t>(), 0);
  EXPECT_GT(json["cpu_jiffies"]["total"].get<std::int64_t>(), 0);
  EXPECT_TRUE(json["process"].contains("involuntary_switches"));
  EXPECT_TRUE(json.contains("clocks_khz"));
}

TEST(Conditions, GiveTheDifferencesAroundACase) {
  const ConditionsAround around;
  const std::vector<char> block(16u << 20, 'x');
  const auto json = Json::parse(around.finish());
  EXPECT_GT(json["delta"]["process"]["minor_faults"].get<std::int64_t>(), 1000) << block[1];
  EXPECT_GE(json["delta"]["cpu_jiffies"]["total"].get<std::int64_t>(), 0);
  EXPECT_TRUE(json["before"].contains("load_average"));
  EXPECT_TRUE(json["after"].contains("load_average"));
}

TEST(GitState, ReadsACleanBranch) {
  const auto state = parse_git_status(
      "# branch.oid 0123456789abcdef0123456789abcdef01234567\n# branch.head main\n"
      "# branch.upstream origin/main\n# branch.ab +0 -0\n");
  EXPECT_EQ(state.commit, "0123456789abcdef0123456789abcdef01234567");
  EXPECT_EQ(state.branch, "main");
  EXPECT_FALSE(state.dirty);
}

TEST(GitState, SeesChangesAndADetachedHead) {
  const auto state = parse_git_status(
      "# branch.oid 0123456789abcdef0123456789abcdef01234567\n# branch.head (detached)\n"
      "1 .M N... 100644 100644 100644 1 1 README.md\n");
  EXPECT_EQ(state.branch, "");
  EXPECT_TRUE(state.dirty);
}

TEST(GitState, HasNoCommitBeforeTheFirst) {
  const auto state = parse_git_status("# branch.oid (initial)\n# branch.head main\n");
  EXPECT_EQ(state.commit, "");
  EXPECT_EQ(state.branch, "main");
}

TEST(Program, GivesOutputAndExitCode) {
  const auto answer = ask_program({"sh", "-c", "printf 'a b'; exit 3"});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->output, "a b");
  EXPECT_EQ(answer->exit_code, 3);
}

TEST(Program, HandsArgumentsOverAsTheyStand) {
  const auto answer = ask_program({"printf", "%s", "$HOME; 'x' `y`"});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->output, "$HOME; 'x' `y`");
}

TEST(Program, IsAbsentWhenThereIsNone) {
  EXPECT_FALSE(ask_program({"no-such-program-of-ridgepoint"}).has_value());
}

}  // namespace
}  // namespace ridgepoint

// `ridgepoint profile`, `run --profile` and `explain` as a person meets them; never the figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ProfileCommand : public CommandTest {
 protected:
  /// One short process of a product; `command` is run or profile.
  [[nodiscard]] ProgramResult measure_product(const std::string& command,
                                              const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {command,
                                          "--op",
                                          "matrix_product",
                                          "--rows",
                                          "2",
                                          "--in",
                                          "64",
                                          "--out",
                                          "64",
                                          "--backend",
                                          "reference",
                                          "--processes",
                                          "1",
                                          "--stationarity",
                                          "off",
                                          "--remeasure-noisy",
                                          "off",
                                          "--case-budget-seconds",
                                          "0.2",
                                          "--threads",
                                          "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ridgepoint(arguments);
  }

  void measure_small_ceilings() const {
    const auto result = ridgepoint({"roofline", "--quick", "--threads", "1", "--largest-mib", "1"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
};

TEST_F(ProfileCommand, KeepsWhatItShowsWithTheRecord) {
  measure_small_ceilings();
  const auto result = measure_product("profile", {"--label", "mine"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("of its roof"), HasSubstr("bytes analytic"),
                                HasSubstr("ridgepoint explain")));
  const auto exported = ridgepoint({"export", "mine", "--format", "json"});
  const auto json = nlohmann::json::parse(exported.out);
  const auto& profile = json["records"][0]["details"]["roofline"];
  ASSERT_TRUE(profile.contains("phases")) << profile;
  const auto& op = profile["phases"][0]["ops"][0];
  EXPECT_EQ(op["flops"], 2 * 2 * 64 * 64);
  EXPECT_GT(op["weight_bytes"], 0);
  EXPECT_TRUE(op.contains("bound_by"));

  const auto shown = ridgepoint({"show", "mine", "--profile"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("of its roof"));
  for (const char* which : {"mine", "mine/0"}) {
    const auto explained = ridgepoint({"explain", which});
    EXPECT_EQ(explained.exit_code, 0) << explained.err;
    EXPECT_THAT(explained.out, HasSubstr("its time by what binds it"));
    EXPECT_LE(std::count(explained.out.begin(), explained.out.end(), '\n'), 12) << explained.out;
  }
}

TEST_F(ProfileCommand, WritesTheSpansThatItKept) {
  measure_small_ceilings();
  ASSERT_EQ(measure_product("run", {"--profile"}).exit_code, 0);
  const std::string file = (folder_.path() / "x.json").string();
  const auto written = ridgepoint({"trace", "latest/0", "-o", file});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  std::ifstream text(file);
  std::size_t passes = 0, ops = 0;
  const auto trace = nlohmann::json::parse(text);
  for (const auto& event : trace["traceEvents"]) {
    passes += event["name"] == "run" && event["ph"] == "X" ? 1 : 0;
    ops += event.value("cat", "") == "op" ? 1 : 0;
  }
  EXPECT_GE(passes, 1U);
  EXPECT_EQ(ops, passes) << "one op a pass";
  EXPECT_EQ(ridgepoint({"trace", "-o", (folder_.path() / "x.pftrace").string()}).exit_code, 0);

  const auto refused = ridgepoint({"trace", "-o", "x.txt"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr(".pftrace"));
  ASSERT_EQ(measure_product("run", {}).exit_code, 0);
  EXPECT_THAT(ridgepoint({"trace", "-o", file}).err, HasSubstr("ridgepoint profile"));
}

TEST_F(ProfileCommand, NeedsCeilings) {
  const auto refused = measure_product("run", {"--profile"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("ridgepoint roofline"));
  // A run that was traced is explained as soon as there are some.
  ASSERT_EQ(measure_product("run", {}).exit_code, 0);
  EXPECT_THAT(ridgepoint({"explain"}).err, HasSubstr("ridgepoint roofline"));
  const auto run = nlohmann::json::parse(ridgepoint({"export", "latest"}).out)["run"]["id"];
  measure_small_ceilings();
  EXPECT_EQ(ridgepoint({"explain", run.get<std::string>()}).exit_code, 0);
}

TEST_F(ProfileCommand, ExplainTakesTheNewestRunThatHasAProfile) {
  EXPECT_THAT(ridgepoint({"explain"}).err,
              ::testing::AnyOf(HasSubstr("ridgepoint profile"), HasSubstr("no database")));
  measure_small_ceilings();
  EXPECT_THAT(ridgepoint({"explain"}).err, HasSubstr("no run has a profile yet"));
  ASSERT_EQ(measure_product("profile", {"--label", "mine"}).exit_code, 0);
  measure_small_ceilings();
  const auto newest = ridgepoint({"explain"});
  EXPECT_EQ(newest.exit_code, 0) << newest.err;
  EXPECT_EQ(newest.out, ridgepoint({"explain", "mine"}).out);
  // Ceilings have nothing to explain, and say so in few lines.
  const auto ceilings = ridgepoint({"explain", "latest"});
  EXPECT_EQ(ceilings.exit_code, 1);
  EXPECT_LE(std::count(ceilings.out.begin(), ceilings.out.end(), '\n'), 10) << ceilings.out;
  EXPECT_THAT(ceilings.out, HasSubstr(" more)"));
}

TEST_F(ProfileCommand, ExplainsWhatCanBeExplainedBesideRunsOfOtherMachines) {
  measure_small_ceilings();
  ASSERT_EQ(measure_product("profile", {"--label", "mine"}).exit_code, 0);
  ASSERT_EQ(measure_product("run", {"--label", "foreign"}).exit_code, 0);
  {
    // As if it had been measured elsewhere and imported.
    SQLite::Database raw((folder_.path() / "ridgepoint" / "ridgepoint.db").string(),
                         SQLite::OPEN_READWRITE);
    raw.exec(
        "INSERT INTO environments (hash, json) SELECT '0123456789abcdef0123456789abcdef', "
        "json_set(json, '$.cpu.model', 'Foreign CPU') FROM environments LIMIT 1");
    ASSERT_EQ(raw.exec("UPDATE runs SET environment_hash = '0123456789abcdef0123456789abcdef' "
                       "WHERE label = 'foreign'"),
              1);
  }
  const auto foreign = ridgepoint({"explain", "foreign"});
  EXPECT_EQ(foreign.exit_code, 1) << foreign.err;
  EXPECT_THAT(foreign.out, AllOf(HasSubstr("no ceilings of that machine (Foreign CPU)"),
                                 ::testing::Not(HasSubstr("measure them first"))));
  const auto shown = ridgepoint({"show", "foreign", "--profile"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("no profile: no ceilings of that machine"));
  const auto newest = ridgepoint({"explain"});
  EXPECT_EQ(newest.exit_code, 0) << newest.err;
  EXPECT_EQ(newest.out, ridgepoint({"explain", "mine"}).out);
}

TEST_F(ProfileCommand, SaysWhyNothingWasTraced) {
  measure_small_ceilings();
  ASSERT_EQ(measure_product("run", {"--op-times", "false"}).exit_code, 0);
  EXPECT_THAT(ridgepoint({"explain", "latest"}).out, HasSubstr("--op-times false"));
}

TEST_F(ProfileCommand, NeedsCeilingsOfTheDeviceThatComputes) {
  measure_small_ceilings();
  expect_one_line(measure_product("run", {"--profile", "--backend", "cuda"}),
                  HasSubstr("ridgepoint roofline --device cuda:0"));
}

TEST_F(ProfileCommand, MistakesAreOneLine) {
  const auto unknown = ridgepoint({"profile", "--op", "linear", "--type", "q4_0"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown operator 'linear'"));
  const auto refused = measure_product("run", {"--profile", "--op-times", "false"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--profile: it is made from the times of ops"));
  EXPECT_EQ(ridgepoint({"explain", "nothing"}).exit_code, 2);
}

}  // namespace
}  // namespace ridgepoint::testing

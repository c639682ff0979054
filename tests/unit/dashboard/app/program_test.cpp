// The program as it is started from a shell, without a display.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/run_program.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Program = ridgepoint::testing::ProgramResult;

Program dashboard(std::vector<std::string> arguments,
                  const std::vector<std::string>& environment = {}) {
  const auto program = std::filesystem::path(ridgepoint::testing::ridgepoint_path()).parent_path() /
                       "ridgepoint-dashboard";
  std::vector<std::string> words{"/usr/bin/env",    "-u", "DISPLAY",        "-u",
                                 "WAYLAND_DISPLAY", "-u", "QT_QPA_PLATFORM"};
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(program.string());
  words.insert(words.end(), arguments.begin(), arguments.end());
  return ridgepoint::testing::run_program(words);
}

void expect_refused(const Program& said, const std::string& why) {
  EXPECT_EQ(said.exit_code, 2) << said.err;
  EXPECT_THAT(said.err, StartsWith("ridgepoint-dashboard: "));
  EXPECT_THAT(said.err, HasSubstr(why));
  EXPECT_EQ(std::ranges::count(said.err, '\n'), 1) << said.err;
}

TEST(Program, SaysWithoutADisplayWhatDrawsWithoutOne) {
  const ProfiledRuns data;
  expect_refused(dashboard({data.database.string()}), "--screenshot");
  // A display that nobody answers at.
  expect_refused(dashboard({data.database.string()}, {"DISPLAY=:7654"}), "--screenshot");
}

TEST(Program, AnswersAndRefusesWithoutADisplay) {
  EXPECT_THAT(dashboard({"--version"}).out, StartsWith("ridgepoint-dashboard "));
  const Program help = dashboard({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("ridgepoint-dashboard [options] [DB...]"));
  expect_refused(dashboard({"--bogus"}, {"DISPLAY=:7654"}), "bogus");
}

TEST(Program, RefusesWhatIsNotThere) {
  const ProfiledRuns data;
  const std::string picture = data.folder / "out.png";
  const auto drawn = [&](const std::vector<std::string>& options,
                         const std::string& view = "roofline") {
    std::vector<std::string> words{"--screenshot", view, picture, "--db", data.database.string()};
    words.insert(words.end(), options.begin(), options.end());
    return dashboard(words);
  };
  expect_refused(drawn({"--case", "deadbeef"}), "no case 'deadbeef'");
  expect_refused(drawn({"--metric", "foo"}), "no metric 'foo'");
  expect_refused(drawn({"--op", "layer.7.nothing"}), "layer.7.nothing");
  expect_refused(drawn({"--scenario", "a song"}), "a song");
  expect_refused(drawn({"--range", "1e8:2e8"}), "ms long");
  expect_refused(drawn({"--a", "before", "--b", "nosuch"}, "compare"), "nosuch");
  expect_refused(drawn({"--a", "before", "--b", "after; nosuch"}, "compare"), "nosuch");
  for (const char* set : {"wall.batch=nan", "wall.batch=1e300", "wall.context=-5", "wall.batch=2.5",
                          "wall.model=nosuch", "roofline.layers_together=maybe"}) {
    expect_refused(drawn({"--set", set}), "cannot be");
  }
  expect_refused(drawn({"--set", "wall.nosuch=1"}), "wall.bytes_per_second");
  expect_refused(drawn({"--size", "100x100"}), "at least");
  EXPECT_FALSE(std::filesystem::exists(picture));
  const Program good = drawn({"--case", case_hash(data.after.records[0].subject), "--metric",
                              "tpot_ns", "--op", "layer.0.ffn.up", "--range", "5:1e6", "--set",
                              "wall.batch=3", "--set", "wall.bytes_per_second=12345678901"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_TRUE(std::filesystem::exists(picture));
  const std::filesystem::path table = data.folder / "out.csv";
  EXPECT_EQ(
      dashboard({"--screenshot", "roofline", table.string(), data.database.string()}).exit_code, 0);
  std::ifstream lines(table);
  std::string heading;
  std::getline(lines, heading);
  EXPECT_THAT(heading, HasSubstr("FLOP/byte"));
}

TEST(Program, FailsWhereATraceCannotBeRead) {
  const ProfiledRuns data;
  SQLite::Database(data.database.string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE traces SET trace = x'00ff'");
  const std::string name = label(data.after.records[0].subject);
  for (const char* file : {"out.csv", "out.png"}) {
    expect_refused(
        dashboard({"--screenshot", "timeline", data.folder / file, data.database.string()}), name);
  }
}

TEST(Program, RefusesAPictureOfNoViewAndOfADatabaseThatIsMissing) {
  const ProfiledRuns data;
  const std::string picture = data.folder / "out.png";
  expect_refused(dashboard({"--screenshot", "", picture, data.database.string()}),
                 "the view is missing");
  expect_refused(
      dashboard({"--screenshot", "runs", picture, data.database.string(), data.folder / "no.db"}),
      "no.db: no such database");
  EXPECT_FALSE(std::filesystem::exists(picture));
}

TEST(Program, DrawsThePageOfADatabaseThatCannotBeReadAndFails) {
  const TemporaryFolder folder;
  std::ofstream(folder / "text.db") << "this is no database, but long enough to be looked at\n";
  for (const char* name : {"text.db", "missing.db"}) {
    const std::filesystem::path picture = folder / (std::string(name) + ".png");
    expect_refused(dashboard({"--screenshot", "runs", picture.string(), folder / name}), name);
    EXPECT_TRUE(std::filesystem::exists(picture));
  }
  const std::ofstream empty(folder / "empty.db");
  const Program drawn =
      dashboard({"--screenshot", "runs", folder / "empty.png", folder / "empty.db"});
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
}

}  // namespace
}  // namespace ridgepoint

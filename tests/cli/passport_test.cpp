// `ridgepoint passport` as a person meets it: a stored one shown again, and its mistakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command_test.h"
#include "tests/support/stored_passport.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class PassportCommand : public CommandTest {
 protected:
  [[nodiscard]] ProgramResult passport(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"passport", "--db", database_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ridgepoint(arguments);
  }

  std::string database_ = folder_.file("runs.db");
};

TEST_F(PassportCommand, ShowsAStoredOneAgainWithoutMeasuring) {
  {
    AbStore store(database_, OpenMode::read_write);
    store_passport_case(store, "aaaaaaaa", "process", 5, 0.004, 1'700'000'000'000'000'000);
    store_passport_case(store, "bbbbbbbb", "process", 24, 0.0015, 1'700'000'100'000'000'000);
  }
  const auto latest = passport({"--show", "latest"});
  EXPECT_EQ(latest.exit_code, 0) << latest.err;
  EXPECT_EQ(latest.err, "");
  EXPECT_THAT(latest.out, AllOf(StartsWith("passport bbbbbbbb of 2023-11-14"), HasSubstr("200 ms"),
                                HasSubstr("2 % in")));
  EXPECT_THAT(passport({"--show", "aaaaaaaa"}).out, StartsWith("passport aaaaaaaa"));
  const auto json = nlohmann::json::parse(passport({"--show", "bbbbbbbb", "--format", "json"}).out);
  EXPECT_EQ(json["cases"][0]["pairs"], 24);
  expect_one_line(passport({"--show", "cccccccc"}), HasSubstr("no passport 'cccccccc'"));
}

TEST_F(PassportCommand, MistakesAreOneLine) {
  expect_one_line(passport({"--budget", "0s"}), HasSubstr("--budget"));
  expect_one_line(passport({"--budget", "long"}), HasSubstr("--budget"));
  { const AbStore store(database_, OpenMode::read_write); }
  expect_one_line(passport({"--show", "latest"}),
                  AllOf(HasSubstr("no passport in"), HasSubstr("ridgepoint passport")));
}

}  // namespace
}  // namespace ridgepoint::testing

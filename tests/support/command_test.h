// What the tests of commands share: the program with a data folder of its own, and how it refuses.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint::testing {

class CommandTest : public ::testing::Test {
 protected:
  [[nodiscard]] ProgramResult ridgepoint(std::vector<std::string> arguments,
                                         int interrupt_after_ms = 0) const {
    arguments.insert(arguments.begin(), ridgepoint_path());
    return run_program(arguments, {"XDG_DATA_HOME=" + folder_.path().string()}, interrupt_after_ms);
  }

  /// Exit code 2, and one line that says why.
  static void expect_one_line(const ProgramResult& refusal,
                              const ::testing::Matcher<std::string>& line) {
    EXPECT_EQ(refusal.exit_code, 2) << refusal.err;
    EXPECT_EQ(std::count(refusal.err.begin(), refusal.err.end(), '\n'), 1) << refusal.err;
    EXPECT_THAT(refusal.err, line);
  }

  void expect_one_line_refusal(const std::vector<std::string>& arguments,
                               const ::testing::Matcher<std::string>& line) const {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    expect_one_line(ridgepoint(arguments), line);
  }

  TemporaryFolder folder_;
};

}  // namespace ridgepoint::testing

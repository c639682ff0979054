// What is said of the sources around a run where there are none, or no git to ask.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

class GitStateCommand : public CommandTest {
 protected:
  [[nodiscard]] std::string doctor_with_path(const std::string& path) const {
    return run_program({"/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder_.path().string(),
                        ridgepoint_path(), "doctor"},
                       {"XDG_DATA_HOME=" + folder_.path().string(), "PATH=" + path,
                        "GIT_CEILING_DIRECTORIES=" + folder_.path().parent_path().string()})
        .out;
  }
};

TEST_F(GitStateCommand, TellsAFolderOutsideOfARepositoryFromAMachineWithoutGit) {
  EXPECT_THAT(doctor_with_path("/nowhere"), ::testing::HasSubstr("git is not installed"));
  const std::string with_git = doctor_with_path(std::getenv("PATH"));
  EXPECT_THAT(with_git, ::testing::AnyOf(::testing::HasSubstr("not in a git repository"),
                                         ::testing::HasSubstr("git is not installed")));
}

}  // namespace
}  // namespace ridgepoint::testing

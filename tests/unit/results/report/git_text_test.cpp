#include "results/report/git_text.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

TEST(GitText, SaysOfACommitWhetherFilesWereModified) {
  ridgepoint::Run run;
  run.git_commit = "0123456789abcdef";
  run.git_branch = "main";
  EXPECT_EQ(git_text(run), "git main@0123456789 (clean)");
  run.git_dirty = true;
  EXPECT_EQ(git_text(run), "git main@0123456789 (modified files)");
  run.git_branch.clear();
  EXPECT_EQ(git_text(run), "git 0123456789 (modified files)");
}

TEST(GitText, SaysWhyThereIsNoCommit) {
  ridgepoint::Run run;
  EXPECT_EQ(git_text(run), "");
  run.conditions = R"({"no_git":"not in a git repository"})";
  EXPECT_EQ(git_text(run), "not in a git repository");
  run.conditions = R"({"no_git":7})";
  EXPECT_EQ(git_text(run), "");
  run.conditions.clear();
  run.git_branch = "main";
  EXPECT_EQ(git_text(run), "git main, no commit yet");
}

}  // namespace
}  // namespace ridgepoint

#include "harness/ab/child_program.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

const std::atomic<bool> kNever{false};

ChildProgramResult shell(const std::string& command, double limit_seconds = 60) {
  return run_child_program(
      {.arguments = {"/bin/sh", "-c", command}, .time_limit_seconds = limit_seconds}, kNever);
}

TEST(ChildProgram, GivesBothOutputsAndTheTimeItTook) {
  const auto result = shell("echo out; echo err >&2; sleep 0.05");
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.ended, "");
  EXPECT_GE(result.wall_ns, 50'000'000);
  EXPECT_GT(result.started_unix_ns, 0);
}

TEST(ChildProgram, SaysHowAProgramEnded) {
  EXPECT_EQ(shell("exit 3").ended, "exit code 3");
  EXPECT_EQ(shell("exit 3").exit_code, 3);
  EXPECT_EQ(shell("kill -SEGV $$").ended, "SIGSEGV");
}

TEST(ChildProgram, ThatDoesNotExistIsOneLine) {
  try {
    run_child_program({.arguments = {"/no/such/program"}}, kNever);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot start '/no/such/program': No such file or directory");
  }
}

TEST(ChildProgram, RunsWhereItIsToldTo) {
  const auto result = run_child_program(
      {.arguments = {"/bin/sh", "-c", "pwd"}, .working_directory = "/usr"}, kNever);
  EXPECT_EQ(result.output, "/usr\n");
}

TEST(ChildProgram, IsKilledWithAllThatItStartedAtTheLimit) {
  const auto result = shell("sleep 60 & sleep 60", 0.2);
  EXPECT_EQ(result.ended, "killed after 0.2 s");
  EXPECT_LT(result.wall_ns, 30'000'000'000);
}

TEST(ChildProgram, IsKilledWhenAStopIsAskedFor) {
  std::atomic<bool> stop{false};
  std::thread asker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop = true;
  });
  const auto result =
      run_child_program({.arguments = {"/bin/sh", "-c", "echo begun; sleep 60"}}, stop);
  asker.join();
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.output, "begun\n");
}

TEST(ChildProgram, DoesNotWaitForWhatAProgramLeavesBehind) {
  const auto result = shell("sleep 60 & echo done");
  EXPECT_EQ(result.ended, "");
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(result.wall_ns, 30'000'000'000);
}

TEST(ChildProgram, ReadsOutputLargerThanAnyPipe) {
  const auto result = shell("head -c 3000000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(result.output.size(), 3'000'000u);
}

TEST(LastWords, AreTheLastLineThatSaysSomething) {
  EXPECT_EQ(last_words("one\ntwo\n\n  \n"), "two");
  EXPECT_EQ(last_words("\n"), "(nothing)");
  EXPECT_EQ(last_words("bell\a rings"), "bell  rings");
  EXPECT_EQ(last_words(std::string(1000, 'x')).size(), 200u);
}

}  // namespace
}  // namespace ridgepoint

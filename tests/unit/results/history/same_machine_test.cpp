#include "results/history/same_machine.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

TEST(SameMachine, DiffersInWhatTimesDependOn) {
  const auto* const a = R"({"cpu":{"model":"A","cores":2},"kernel":"6.1","compiler":"GCC 12"})";
  EXPECT_TRUE(same_machine(a, a));
  EXPECT_TRUE(same_machine(
      a, R"({"cpu":{"model":"A","cores":2},"kernel":"6.1","compiler":"GCC 13","ridgepoint":"2"})"));
  EXPECT_FALSE(same_machine(a, R"({"cpu":{"model":"B","cores":2},"kernel":"6.1"})"));
  EXPECT_FALSE(same_machine(a, R"({"cpu":{"model":"A","cores":4},"kernel":"6.1"})"));
  EXPECT_FALSE(same_machine(a, R"({"cpu":{"model":"A","cores":2},"kernel":"6.2"})"));
}

TEST(SameMachine, WhatIsNotKnownContradictsNothing) {
  const auto* const a = R"({"cpu":{"model":"A","governor":"performance"}})";
  EXPECT_TRUE(same_machine(a, R"({"cpu":{"model":"A"}})"));
  EXPECT_TRUE(same_machine(a, R"({"cpu":{"model":"A","governor":{"absent":"no cpufreq"}}})"));
  EXPECT_TRUE(same_machine(a, R"({"cpu":{"absent":"no /proc"}})"));
  EXPECT_TRUE(same_machine(a, R"({"cpu":null,"memory":null})"));
  EXPECT_TRUE(same_machine(a, ""));
  EXPECT_TRUE(same_machine(a, "[1]"));
  EXPECT_TRUE(same_machine(a, "no JSON"));
}

TEST(SameMachine, KnowsImportsByTheirHost) {
  EXPECT_FALSE(same_machine(R"({"google_benchmark":{"host_name":"a","executable":"x"}})",
                            R"({"google_benchmark":{"host_name":"b","executable":"x"}})"));
  EXPECT_TRUE(same_machine(R"({"google_benchmark":{"host_name":"a","executable":"x"}})",
                           R"({"google_benchmark":{"host_name":"a","executable":"y"}})"));
}

}  // namespace
}  // namespace ridgepoint

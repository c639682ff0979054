#include "harness/cli/list_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// What is said of these arguments; empty where nothing is.
std::string refusal_of(std::vector<std::string> words) {
  std::vector<std::int64_t> batches;
  std::string label;
  CLI::App app("", "ridgepoint");
  CLI::App* outer = app.add_subcommand("model", "");
  for (CLI::App* command : {app.add_subcommand("run", ""), outer->add_subcommand("make", "")}) {
    command->add_option("--batch", batches)->delimiter(',');
    command->add_option_group("Named")->add_option("--label", label);
  }
  words.insert(words.begin(), "ridgepoint");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  try {
    refuse_empty_entries(app, arguments);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(ListArguments, AnEmptyEntryIsRefusedWhereverItStands) {
  EXPECT_EQ(refusal_of({"run", "--batch", "1,,2"}),
            "--batch 1,,2: entry 2 of the list is empty; give it a value, or write --batch 1,2");
  EXPECT_EQ(refusal_of({"run", "--batch", ",32"}),
            "--batch ,32: entry 1 of the list is empty; give it a value, or write --batch 32");
  EXPECT_EQ(refusal_of({"run", "--batch=4,"}),
            "--batch 4,: entry 2 of the list is empty; give it a value, or write --batch 4");
  EXPECT_THAT(refusal_of({"model", "make", "--batch", "1,2,"}), ::testing::HasSubstr("entry 3"));
}

TEST(ListArguments, AListOfNothingIsRefused) {
  EXPECT_EQ(refusal_of({"run", "--batch", ","}),
            "--batch ,: a list without a value; give one, or leave --batch out");
  EXPECT_EQ(refusal_of({"run", "--batch", ""}),
            "--batch '': a list without a value; give one, or leave --batch out");
}

TEST(ListArguments, AValueThatIsMissingAfterItsEqualsSignIsNotLookedForFurtherOn) {
  EXPECT_EQ(refusal_of({"run", "--batch=", "--label", "x"}),
            "--batch=: no value after '='; give one, or leave --batch out");
  EXPECT_EQ(refusal_of({"run", "--label="}),
            "--label=: no value after '='; give one, or leave --label out");
}

TEST(ListArguments, WhatIsNoListMayHoldCommas) {
  EXPECT_EQ(refusal_of({"run", "--label", "a,,b", "--batch", "1,2", "--batch", "3"}), "");
  EXPECT_EQ(refusal_of({"run", "--label", "--batch", "1,,2"}), "");
  EXPECT_EQ(refusal_of({"run", "--batch"}), "");
}

}  // namespace
}  // namespace ridgepoint

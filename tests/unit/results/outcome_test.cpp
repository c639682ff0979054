#include "results/outcome.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

TEST(OutcomeNames, AreUniqueAndParseBack) {
  std::set<std::string_view> names;
  for (const Outcome outcome : outcomes()) {
    EXPECT_TRUE(names.insert(name_of(outcome)).second) << name_of(outcome);
    EXPECT_EQ(parse_outcome(name_of(outcome)), outcome);
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(OutcomeNames, AnUnknownNameListsTheKnownOnes) {
  try {
    parse_outcome("fine");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("out_of_memory"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace ridgepoint

#include "results/compare/side_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string taken_apart(std::string_view text) {
  const SideText side = parse_side(text);
  if (side.filters.empty()) return "name " + side.name;
  std::string result;
  for (const SideFilter& filter : side.filters) result += filter.key + "=" + filter.value + ";";
  return result;
}

TEST(SideText, IsANameOrFilters) {
  EXPECT_EQ(taken_apart("latest"), "name latest");
  EXPECT_EQ(taken_apart("origin/main~2"), "name origin/main~2");
  EXPECT_EQ(taken_apart("nightly: fast"), "name nightly: fast") << "no key is called nightly";
  EXPECT_EQ(taken_apart("backend:null"), "backend=null;");
  EXPECT_EQ(taken_apart("run:latest,threads:1"), "run=latest;threads=1;");
  EXPECT_EQ(taken_apart("label:a machine:xeon"), "label=a;machine=xeon;");
}

TEST(SideText, LeavesBackendOptionsTheirCommas) {
  EXPECT_EQ(taken_apart("backend:null:latency_ns=3,jitter_ns=2,threads:1"),
            "backend=null:latency_ns=3,jitter_ns=2;threads=1;");
  EXPECT_EQ(taken_apart("label:long night"), "label=long night;");
}

TEST(SideText, RefusesEmptyAndUnknownPieces) {
  EXPECT_THAT(error_of([] { return parse_side(""); }), HasSubstr("key:value"));
  EXPECT_THAT(error_of([] { return parse_side(" , "); }), HasSubstr("key:value"));
  EXPECT_THAT(error_of([] { return parse_side("label:"); }), HasSubstr("nothing after"));
  for (const char* text : {"run:x,,label:y", "label:a,", "label:a, ,threads:1"}) {
    EXPECT_THAT(error_of([&] { return parse_side(text); }), HasSubstr("entry between commas"));
  }
  EXPECT_THAT(error_of([] { return parse_side("label:a,thread:1"); }),
              AllOf(HasSubstr("thread"), HasSubstr("threads")));
}

TEST(SideFilter, FitsCasesByTheirFields) {
  Case subject = example_case();
  subject.backend = "null:latency_ns=3";
  subject.model = "/models/some.gguf";
  EXPECT_TRUE(fits({"backend", "null"}, subject));
  EXPECT_TRUE(fits({"backend", "null:latency_ns=3"}, subject));
  EXPECT_FALSE(fits({"backend", "reference"}, subject));
  EXPECT_TRUE(fits({"model", "some.gguf"}, subject));
  EXPECT_TRUE(fits({"threads", "2"}, subject));
  EXPECT_FALSE(fits({"threads", "02"}, subject));
  EXPECT_FALSE(fits({"rows", "1"}, subject)) << "a model case has no rows";
  EXPECT_TRUE(fits({"transform", "none"}, subject)) << "as --transform names it";
  subject.transform = "q8";
  EXPECT_FALSE(fits({"transform", "none"}, subject));
  EXPECT_TRUE(fits({"transform", "q8"}, subject));
}

TEST(SideFilter, FitsRunsByLabelCommitAndMachine) {
  const StoredRun run = example_run();
  EXPECT_TRUE(fits({"commit", "0123456"}, run));
  EXPECT_TRUE(fits({"branch", "main"}, run));
  EXPECT_TRUE(fits({"suite", "smoke"}, run));
  EXPECT_TRUE(fits({"cpu", "example cpu"}, run));
  EXPECT_TRUE(fits({"machine", "2.0 GHz"}, run));
  EXPECT_TRUE(fits({"env", "0011"}, run));
  EXPECT_FALSE(fits({"label", "nightly"}, run));
  EXPECT_FALSE(fits({"cpu", "xeon"}, run));
}

}  // namespace
}  // namespace ridgepoint

#include "backends/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(std::string_view spec) {
  return error_of([&] { return open_backend(spec); });
}

TEST(Registry, OpensEveryBackendThatItLists) {
  const auto entries = list_backends();
  ASSERT_GE(entries.size(), 2U);
  for (const BackendEntry& entry : entries) {
    if (!entry.unavailable.empty()) {
      EXPECT_THAT(refusal(entry.name), HasSubstr(entry.unavailable));
      continue;
    }
    const auto backend = open_backend(entry.name);
    EXPECT_EQ(backend->describe().name, entry.name);
    EXPECT_EQ(backend->describe().summary, entry.summary);
    EXPECT_FALSE(backend->describe().version.empty());
  }
}

TEST(Registry, PassesOptionsOn) {
  EXPECT_EQ(open_backend("null:latency_ns=5")->describe().name, "null");
  EXPECT_EQ(open_backend("null:")->describe().name, "null");
  EXPECT_THAT(refusal("null:latncy_ns=5"),
              AllOf(HasSubstr("latncy_ns"), HasSubstr("latency_ns=N")));
  EXPECT_THAT(refusal("reference:x=1"),
              AllOf(HasSubstr("'reference'"), HasSubstr("activations=exact")));
}

TEST(Registry, ListsWhatThereIsForAnUnknownName) {
  EXPECT_THAT(refusal("referense"),
              AllOf(HasSubstr("did you mean 'reference'"), HasSubstr("null"), HasSubstr(".so")));
  EXPECT_THAT(refusal(""), HasSubstr("known: null, reference"));
}

TEST(Registry, TakesPathsForPlugIns) {
  EXPECT_THAT(refusal("./no_such_engine.so"), HasSubstr("no_such_engine.so"));
  EXPECT_THAT(refusal("/nowhere/engine:key=1"), HasSubstr("/nowhere/engine"));
}

}  // namespace
}  // namespace ridgepoint

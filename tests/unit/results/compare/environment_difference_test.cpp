#include "results/compare/environment_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EnvironmentDifference, PutsTheMachineFirstAndLetsItBlock) {
  EXPECT_THAT(
      environment_differences(
          R"({"compiler":{"flags":"-O2"},"cpu":{"model":"x"},"kernel":"6.1","new":1})",
          R"({"compiler":{"flags":"-O3"},"cpu":{"model":"y"},"kernel":"6.1","new":2})"),
      ElementsAre(
          EnvironmentDifference{EnvironmentPart::machine, "cpu/model", "x", "y", true},
          EnvironmentDifference{EnvironmentPart::build, "compiler/flags", "-O2", "-O3", false},
          EnvironmentDifference{EnvironmentPart::other, "new", "1", "2", false}));
}

TEST(EnvironmentDifference, DoesNotBlockOnWhatOneSideCouldNotRead) {
  EXPECT_THAT(environment_differences(R"({"cpu":{"governor":{"absent":"no file"},"cores":2}})",
                                      R"({"cpu":{"governor":"performance","cores":2}})"),
              ElementsAre(EnvironmentDifference{EnvironmentPart::machine, "cpu/governor",
                                                "not known", "performance", false}));
}

TEST(EnvironmentDifference, KnowsNothingOfTextsThatSayNothing) {
  EXPECT_THAT(environment_differences("", R"({"cpu":{"cores":2}})"), IsEmpty());
  EXPECT_THAT(environment_differences("no JSON", R"({"cpu":{"cores":2}})"), IsEmpty());
  EXPECT_THAT(environment_differences("[1]", "[2]"), IsEmpty());
}

TEST(EnvironmentDifference, TellsKeysByWholeNames) {
  EXPECT_EQ(part_of("cpu/model"), EnvironmentPart::machine);
  EXPECT_EQ(part_of("cpus"), EnvironmentPart::other);
  EXPECT_EQ(part_of("google_benchmark/executable"), EnvironmentPart::build);
  EXPECT_EQ(part_of("google_benchmark/mhz_per_cpu"), EnvironmentPart::other);
}

}  // namespace
}  // namespace ridgepoint

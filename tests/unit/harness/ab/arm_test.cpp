#include "harness/ab/arm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/ab/command_arm.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::atomic<bool> kNever{false};

std::string refusal_of(std::string_view spec, const ArmOptions& options = {}) {
  try {
    parse_arm(spec, options)->run(kNever);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Arm, OfAKindThatDoesNotExistNamesThoseThatDo) {
  EXPECT_THAT(refusal_of("cdm:ls"), HasSubstr("did you mean 'cmd'"));
  EXPECT_THAT(refusal_of("ls"), HasSubstr("run:OPTIONS, build:DIR OPTIONS"));
  EXPECT_TRUE(is_arm("gbench:x"));
  EXPECT_FALSE(is_arm("build/bench --x:y"));
}

TEST(Arm, OfACommandTakesItsWallTime) {
  const auto slice = parse_arm("cmd:sleep 0.03", {})->run(kNever);
  ASSERT_EQ(slice.values.size(), 1u);
  EXPECT_EQ(slice.values[0].name, "wall time");
  EXPECT_GE(slice.values[0].value, 30e6);
  EXPECT_EQ(slice.values[0].unit, "ns");
}

TEST(Arm, OfACommandTakesTheNumberThatItPrints) {
  ArmOptions options;
  options.number_after = "speed:";
  options.unit = "tokens/s";
  options.more_is_better = true;
  const auto slice =
      parse_arm("cmd:printf 'speed: 3.5\\nspeed: 1\\nspeed: 2e1 tok/s\\n'", options)->run(kNever);
  ASSERT_EQ(slice.values.size(), 1u);
  EXPECT_EQ(slice.values[0].value, 3.5);
  EXPECT_EQ(slice.values[0].least, 20);  // the best, as more is better
  EXPECT_TRUE(slice.values[0].more_is_better);
}

TEST(Arm, ThatFailsSaysSoWithItsLastWords) {
  EXPECT_THAT(refusal_of("cmd:echo no such model; exit 2"),
              HasSubstr("failed (exit code 2); its last words: no such model"));
  ArmOptions options;
  options.number_after = "speed:";
  EXPECT_THAT(refusal_of("cmd:echo nothing", options), HasSubstr("printed no number after"));
  EXPECT_THAT(refusal_of("cmd:echo speed: 0", options), HasSubstr("above 0"));
  EXPECT_THAT(refusal_of("cmd:  "), HasSubstr("a command is missing"));
  EXPECT_THAT(refusal_of("gbench:/bin/echo hi"), HasSubstr("wrote no Google Benchmark report"));
  EXPECT_THAT(refusal_of("build:/nowhere"), HasSubstr("/nowhere/bin/ridgepoint"));
  EXPECT_THAT(refusal_of("run:--db x.db"), HasSubstr("leave --db out"));
}

TEST(NumbersAfter, FindsEachNumberAndSkipsWhatIsNone) {
  EXPECT_THAT(numbers_after("t=1.5 t = 2, t: x t 3e2", "t"), ElementsAre(1.5, 2, 300));
  EXPECT_THAT(numbers_after("", "t"), ElementsAre());
  EXPECT_THAT(numbers_after("t", "t"), ElementsAre());
  EXPECT_THAT(numbers_after("t inf t nan t -4", "t"), ElementsAre(-4));
}

TEST(SplitArguments, FollowsQuotesAndBackslashesAsAShellDoes) {
  EXPECT_THAT(split_arguments("a  'b c' \"d \\\" e\" f\\ g ''"),
              ElementsAre("a", "b c", "d \" e", "f g", ""));
  EXPECT_THAT(split_arguments("  "), ElementsAre());
  EXPECT_THROW(split_arguments("a 'b"), Error);
}

}  // namespace
}  // namespace ridgepoint

#include "harness/cli/quantity.h"

#include <gtest/gtest.h>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

TEST(ParseShare, TakesPercentagesAndSharesButNothingInBetween) {
  EXPECT_DOUBLE_EQ(parse_share("2%", "--x"), 0.02);
  EXPECT_DOUBLE_EQ(parse_share("0.5 %", "--x"), 0.005);
  EXPECT_DOUBLE_EQ(parse_share("0.02", "--x"), 0.02);
  for (const char* text : {"2", "150%", "0", "100%", "", "%", "-1%", "2%%", "x", "nan", "inf%"}) {
    EXPECT_THROW(parse_share(text, "--x"), Error) << text;
  }
}

TEST(ParseDuration, TakesWhatPeopleWrite) {
  EXPECT_DOUBLE_EQ(parse_duration_seconds("90", "--x"), 90);
  EXPECT_DOUBLE_EQ(parse_duration_seconds("90s", "--x"), 90);
  EXPECT_DOUBLE_EQ(parse_duration_seconds("1.5m", "--x"), 90);
  EXPECT_DOUBLE_EQ(parse_duration_seconds("1h30m", "--x"), 5400);
  EXPECT_DOUBLE_EQ(parse_duration_seconds("500ms", "--x"), 0.5);
  for (const char* text : {"", "soon", "10x", "-5s", "1m30", "s"}) {
    EXPECT_THROW(parse_duration_seconds(text, "--x"), Error) << text;
  }
}

}  // namespace
}  // namespace ridgepoint

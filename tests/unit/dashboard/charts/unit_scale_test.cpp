#include "dashboard/charts/unit_scale.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

TEST(UnitScale, ReadsTimesInTheUnitOfTheLargest) {
  EXPECT_EQ(unit_scale("ns", 12).name, "ns");
  EXPECT_EQ(unit_scale("ns", 1.2e4).name, "us");
  EXPECT_EQ(unit_scale("ns", 1.2e7).name, "ms");
  EXPECT_EQ(unit_scale("ns", 1.2e10).name, "s");
  EXPECT_EQ(unit_scale("bytes/s", 2.2e10).name, "GB/s");
  EXPECT_EQ(unit_scale("tokens/s", 2300).name, "ktokens/s");
  EXPECT_EQ(unit_scale("1", 1e9).name, "");
}

TEST(UnitScale, ReadsWhatHasNoPrefixInAPowerOfTen) {
  const UnitScale tiny = unit_scale("1", 3e-5);
  EXPECT_EQ(tiny.name, QString::fromUtf8("10⁻⁶"));
  EXPECT_EQ(tick_text(2.5e-5, 0.5e-5, tiny), "25");
  EXPECT_EQ(tick_text(3e-5, 0.5e-5, tiny), "30");
  const UnitScale tinier = unit_scale("nats", 4e-11);
  EXPECT_EQ(tinier.name, QString::fromUtf8("10⁻¹² nats"));
  EXPECT_EQ(tick_text(1.25e-11, 0.25e-11, tinier), "12.5");
  const UnitScale huge = unit_scale("bytes", 3e40);
  EXPECT_EQ(huge.name, QString::fromUtf8("10²⁷ TB"));
  EXPECT_EQ(tick_text(2e40, 1e40, huge), "20");
  // Deep within a chart neighbours still differ.
  EXPECT_NE(tick_text(0.5, 1e-12, unit_scale("1", 1)), tick_text(0.5 + 1e-12, 1e-12, {1, {}}));
}

TEST(UnitScale, GivesTicksAsManyDecimalsAsTheyNeedToDiffer) {
  const UnitScale ms = unit_scale("ns", 7e6);
  EXPECT_EQ(tick_text(6.5e6, 0.5e6, ms), "6.5");
  EXPECT_EQ(tick_text(6.525e6, 0.025e6, ms), "6.525");
  EXPECT_EQ(tick_text(6e6, 1e6, ms), "6");
  EXPECT_EQ(tick_text(7.25e6, 0.25e6, ms), "7.25");
  EXPECT_EQ(tick_text(-1e-9, 1e6, ms), "0");
  EXPECT_EQ(tick_text(120e6, 20e6, ms), "120");
}

}  // namespace
}  // namespace ridgepoint

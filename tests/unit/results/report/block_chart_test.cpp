#include "results/report/block_chart.h"

#include <gtest/gtest.h>

#include <vector>

#include "results/report/text_layout.h"

namespace ridgepoint {
namespace {

using Values = std::vector<std::optional<double>>;

TEST(BlockChart, SpansTheLowestAndTheHighestValue) {
  const Values values{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(block_chart(values, {}, 80).blocks, "▁▂▃▄▅▆▇█");
  EXPECT_EQ(block_chart(values, {}, 80).marks, "");
}

TEST(BlockChart, ShowsGapsAndMarks) {
  const Values values{1, std::nullopt, 8, 8};
  const std::vector<std::size_t> marked{2};
  const auto chart = block_chart(values, marked, 80);
  EXPECT_EQ(chart.blocks, "▁·██");
  EXPECT_EQ(chart.marks, "  ^");
}

TEST(BlockChart, EqualValuesStandInTheMiddle) {
  EXPECT_EQ(block_chart(Values{5, 5, 5}, {}, 80).blocks, "▄▄▄");
}

TEST(BlockChart, NothingButGapsIsStillALine) {
  EXPECT_EQ(block_chart(Values(3), {}, 80).blocks, "···");
  EXPECT_EQ(block_chart(Values{}, {}, 80).blocks, "");
}

TEST(BlockChart, ManyValuesShareColumnsByTheirMedian) {
  Values values(1000, 1.0);
  for (std::size_t i = 500; i < values.size(); ++i) values[i] = 2.0;
  values[3] = 100.0;  // alone in its column it would flatten all others
  const std::vector<std::size_t> marked{500, 999};
  const auto chart = block_chart(values, marked, 100);
  EXPECT_EQ(text_width(chart.blocks), 100U);
  EXPECT_EQ(chart.blocks.substr(0, 3), "▁");
  EXPECT_EQ(chart.blocks.substr(chart.blocks.size() - 3), "█");
  EXPECT_EQ(chart.marks.find('^'), 50U);
  EXPECT_EQ(chart.marks.rfind('^'), 99U);
}

}  // namespace
}  // namespace ridgepoint

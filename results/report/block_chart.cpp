#include "results/report/block_chart.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kGap = "·";
constexpr std::size_t kMiddle = 3;

std::optional<double> column_value(std::span<const std::optional<double>> values) {
  std::vector<double> present;
  for (const auto& value : values) {
    if (value) present.push_back(*value);
  }
  if (present.empty()) return std::nullopt;
  return median(std::span<const double>(present));
}

std::string_view block(double value, double low, double high) {
  if (!(high > low)) return kBlocks[kMiddle];
  const double share = (value - low) / (high - low);
  const auto level = static_cast<std::size_t>(share * std::size(kBlocks));
  return kBlocks[std::min(level, std::size(kBlocks) - 1)];
}

}  // namespace

BlockChart block_chart(std::span<const std::optional<double>> values,
                       std::span<const std::size_t> marked, std::size_t width) {
  BlockChart chart;
  const std::size_t columns = std::min(values.size(), width);
  if (columns == 0) return chart;
  // Column of a value, and the first value of a column: each the other's inverse.
  const auto column_of = [&](std::size_t i) { return i * columns / values.size(); };
  const auto first_of = [&](std::size_t column) {
    return (column * values.size() + columns - 1) / columns;
  };
  std::vector<std::optional<double>> heights;
  for (std::size_t column = 0; column < columns; ++column) {
    heights.push_back(
        column_value(values.subspan(first_of(column), first_of(column + 1) - first_of(column))));
  }
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& height : heights) {
    low = std::min(low, height.value_or(low));
    high = std::max(high, height.value_or(high));
  }
  for (const auto& height : heights) chart.blocks += height ? block(*height, low, high) : kGap;

  for (const std::size_t position : marked) {
    const std::size_t column = column_of(position);
    if (chart.marks.size() <= column) chart.marks.resize(column + 1, ' ');
    chart.marks[column] = '^';
  }
  return chart;
}

}  // namespace ridgepoint

// A series as one line of block characters, and marks below it: what fits into a terminal or a
// merge request without a picture.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace ridgepoint {

struct BlockChart {
  std::string blocks;  ///< UTF-8, one character a column: ▁ for the lowest to █; a gap is ·
  std::string marks;   ///< ^ below each marked value, blanks elsewhere; empty without marks
};

/// Values oldest first; empty ones are gaps. More than `width` values share columns: a column is
/// the median of its values. Values all equal are in the middle. `marked` are positions of values.
BlockChart block_chart(std::span<const std::optional<double>> values,
                       std::span<const std::size_t> marked, std::size_t width);

}  // namespace ridgepoint

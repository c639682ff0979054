// What a handful of timings says of the rate behind them: the median, because a virtual machine is
// interrupted now and then and never sped up by much, with the interval that order statistics give
// without assuming a distribution. Of several rounds the best one, because strangers who share the
// machine take away for minutes and never add: a ceiling is what is left when they rest.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ridgepoint::ceilings {

struct Estimate {
  double value = 0;          ///< median
  double low = 0, high = 0;  ///< 95 % interval of the median; below six samples their range
};

/// Zeros for no samples.
Estimate estimate_median(std::vector<double> samples);

enum class Best : std::uint8_t { highest, lowest };
/// The median of the round whose median is best. The interval reaches to the median of the middle
/// round (of an even number, the worse of both) on one side, and to the end of the best round's own
/// interval on the other: at least every other round came to it or further. What the worse half
/// lost says how the machine was shared, and nothing of its limit. Zeros for no samples.
Estimate estimate_best(std::span<const std::vector<double>> rounds, Best best);

}  // namespace ridgepoint::ceilings

// The ratio of two medians with an interval: Price and Bonett (2002), "Distribution-free confidence
// intervals for difference and ratio of medians", J. Stat. Comput. Simul. 72(2). Each median's
// error on the log scale comes from two order statistics around it.
#pragma once

#include <optional>
#include <span>

#include "results/statistics/quantile.h"

namespace ridgepoint {

struct MedianRatio {
  double value = 1;                  ///< median of b over median of a
  std::optional<Interval> interval;  ///< at 1 - alpha; empty below 5 values a side
};

/// Takes logarithms; both need a value at least.
MedianRatio ratio_of_medians(std::span<const double> logs_a, std::span<const double> logs_b,
                             double alpha);

}  // namespace ridgepoint

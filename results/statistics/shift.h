// By how much one sample lies above another: what every method of this folder that compares two
// samples answers with, so that a verdict does not care which of them spoke.
#pragma once

#include <optional>

#include "results/statistics/quantile.h"

namespace ridgepoint {

struct Shift {
  double estimate = 0;               ///< of b over a; on logarithms, the log of a ratio
  std::optional<Interval> interval;  ///< two-sided at 1 - alpha; empty: too few values for any
  double p_above = 1;  ///< of the data if the shift were no more than +margin (one-sided)
  double p_below = 1;  ///< of the data if the shift were no less than -margin (one-sided)
};

}  // namespace ridgepoint

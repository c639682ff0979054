// What a handful of timings says of the rate behind them: the median, because a virtual machine is
// interrupted now and then and never sped up by much, with the interval that order statistics give
// without assuming a distribution.
#pragma once

#include <vector>

namespace ridgepoint::ceilings {

struct Estimate {
  double value = 0;          ///< median
  double low = 0, high = 0;  ///< 95 % interval of the median; below six samples their range
};

/// Zeros for no samples.
Estimate estimate_median(std::vector<double> samples);

}  // namespace ridgepoint::ceilings

// Elasticity: by what share time falls when the bandwidth that is available grows by a share,
// -d ln(time) / d ln(bandwidth). Near 1 the wall is memory; near 0 it is not.
#pragma once

#include <span>

namespace ridgepoint {

struct LoadedTime {
  double available_bytes_per_second = 0;
  double seconds = 0;
};

struct Elasticity {
  double value = 0;
  double low = 0, high = 0;  ///< 95 % interval of the slope
  double spread = 0;         ///< highest over lowest bandwidth: too near 1, and nothing is known
};

/// The least-squares line through the logarithms, with Student's interval of its slope. Error for
/// fewer than four points, or when all have the same bandwidth.
Elasticity estimate_elasticity(std::span<const LoadedTime> points);

}  // namespace ridgepoint

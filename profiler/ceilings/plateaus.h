// The levels of a memory hierarchy, found in a curve over working sets and not assumed: a level is
// a stretch of sizes over which the curve is flat. What lies between two levels, where data fit
// partly, belongs to neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "profiler/ceilings/estimate.h"

namespace ridgepoint::ceilings {

/// What was measured with one working set.
struct CurvePoint {
  std::int64_t bytes = 0;  ///< of the working set, over all threads
  Estimate estimate;
};

struct Plateau {
  std::size_t first = 0, last = 0;  ///< points, both included
  std::int64_t from_bytes = 0, to_bytes = 0;
  /// The median of its points' values. The interval is that median's, or the medians of the points'
  /// own ends where these lie further out.
  Estimate estimate;
};

/// In ascending order of size. `curve` ascends and has positive values. A plateau reaches over
/// sizes of a factor 2 at least and over three points at least; its points lie within 6 % of their
/// median, or within what the curve's own noise explains where that is more (a point in ten may lie
/// outside). Neighbours whose medians are closer than that are one.
std::vector<Plateau> find_plateaus(std::span<const CurvePoint> curve);

}  // namespace ridgepoint::ceilings

// How well a median is known when a case was measured by several fresh processes. The processes are
// what is independent (layout, huge pages, neighbours differ from one to the next and stay within
// one), so the interval is Student's over their medians, and never narrower than a block bootstrap
// inside the processes allows: Hartung & Knapp (2001, Statistics in Medicine 20) with the floor of
// Roever, Knapp & Friede (2015, BMC Medical Research Methodology 15:99). docs/statistics.md has the
// argument and the simulated coverage.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "results/statistics/quantile.h"

namespace ridgepoint {

/// What the interval is to cover, also when measuring stops as soon as it is narrow enough; for
/// that, single looks use kLookConfidence (docs/statistics.md).
inline constexpr double kIntervalConfidence = 0.95;
inline constexpr double kLookConfidence = 0.97;

struct ProcessInterval {
  double median = 0;      ///< of all samples
  Interval interval;      ///< holds the median
  double half_width = 0;  ///< the larger side, as a share of the median
  std::int64_t processes = 0;
  double between = 0;  ///< half-width by the spread between processes alone, in the samples' unit
  double within = 0;   ///< by the block bootstrap inside processes alone; 0: too few batches
};

/// Empty with fewer than two processes that took samples, or a median that is not positive. The
/// same samples always give the same interval.
std::optional<ProcessInterval> process_interval(std::span<const std::int64_t> samples,
                                                std::span<const std::int64_t> process_counts);

}  // namespace ridgepoint

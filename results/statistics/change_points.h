// Change points: where the level of a series of runs shifts and stays. E-divisive (Matteson and
// James, "A nonparametric approach for multiple change point analysis of multivariate data", JASA
// 2014) on the logarithms, so that nothing is assumed of the noise but that runs of one level are
// exchangeable.
//
// A split of n values into the first k and the rest has the energy statistic (ibid., section 2)
//   q(k) = k (n - k) / n * (2 mean |x - y| - mean |x - x'| - mean |y - y'|),
// x before, y after, over distinct pairs; divided by the mean distance within the whole segment, so
// that segments of different noise can be set side by side. The candidate is the split with the
// largest q over all splits of all segments found so far. Its p is the share of random orders
// within these segments whose own largest q is as large: the choice of the split is made anew in
// each order, and so is paid for. The search ends with the first candidate above alpha.
// Afterwards each boundary is set where it parts its two levels best, and what leaves fewer than
// kShortestLevel values on a side is dropped: not yet.
//
// Sums of distances follow from one tree of partial sums by rank: n log n steps an order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ridgepoint {

struct ChangePointRules {
  double alpha = 0.01;              ///< of any change point where there is none
  double effect = 0.02;             ///< levels whose medians differ by less are one level
  std::int64_t permutations = 999;  ///< raised to 1 / alpha where that is more
  std::uint64_t seed = 1;           ///< of the random orders
};

/// Values on each side of a split, at least: two that lie apart are no level yet.
inline constexpr std::size_t kShortestLevel = 3;

struct ChangePoint {
  std::size_t first = 0;     ///< position of the first value of the new level
  double median_before = 0;  ///< of the level that ends here
  double median_after = 0;   ///< of the level that begins here
  double p = 1;
  [[nodiscard]] double ratio() const { return median_after / median_before; }
};

struct ChangePoints {
  std::vector<ChangePoint> found;  ///< by position
  std::size_t below_effect = 0;    ///< further ones that are certain enough, but too small
  /// Lag-1 correlation of what is left when each level's median is taken away. Well above 0, runs
  /// are not exchangeable and alpha is not kept.
  double autocorrelation = 0;
};

/// Values below which no series, however clear, reaches alpha: the clearest order, two levels of
/// equal length, must be one of at least 2 / alpha; never below 8.
std::size_t fewest_values(double alpha);

/// Of values above 0, oldest first. Nothing is found below fewest_values. std::invalid_argument for
/// a value or a rule out of range. Same values and rules give the same answer on any machine.
ChangePoints find_change_points(std::span<const double> values, const ChangePointRules& rules);

}  // namespace ridgepoint

// Estimates from values that hang together: the tokens of one window of a text share their topic,
// and neighbouring windows do, too. So windows are the clusters that errors are computed over:
//
// - a ratio of sums over clusters by linearisation (Taylor series; Cochran 1977, chapter 6), its
//   variance with the autocovariances of neighbouring clusters, Bartlett weights and the bandwidth
//   floor(4 (n / 100)^(2/9)) (Newey & West 1987, 1994), but never smaller than without them;
// - a quantile by the error of the share of values below it, turned back through the sample
//   (Woodruff 1952).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ridgepoint {

struct ClusteredEstimate {
  double value = 0;
  std::optional<double> standard_error;  ///< empty: fewer clusters than kFewestClusters
};

/// Fewer say nothing of how much they differ.
inline constexpr std::size_t kFewestClusters = 4;

/// Sum of `numerators` over sum of `denominators`, one of each a cluster, in the order of the text.
/// Not a number when the denominators add up to 0. A mean of values is such a ratio: their sums
/// over their counts.
ClusteredEstimate ratio_of_sums(std::span<const double> numerators,
                                std::span<const double> denominators);

/// The p-quantile of values (linear interpolation, type 7 of Hyndman and Fan) and its error;
/// `counts` says how many values belong to each cluster, in order, and adds up to their number.
/// 0 < p < 1; at least one value. Where the sample ends before the upper bound the error is the
/// larger of both sides that it has.
ClusteredEstimate clustered_quantile(std::span<const double> values,
                                     std::span<const std::int64_t> counts, double p);

}  // namespace ridgepoint

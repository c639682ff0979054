// Batches: a series of any length as at most a few hundred medians of consecutive samples, so that
// what is costly (resampling, looking for level shifts) costs the same for a million samples as for
// a thousand. No batch reaches over the end of a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ridgepoint {

/// Most batches of a series.
inline constexpr std::size_t kMostBatches = 240;

struct Batch {
  std::int64_t first = 0;   ///< index of its first sample in the series
  std::int64_t count = 0;   ///< samples
  std::size_t process = 0;  ///< which process took them, from 0
  double median = 0;
};

/// Samples of each process, as Series::process_counts has them; all samples as one process where
/// that is empty. std::invalid_argument when the counts do not add up to the samples.
std::vector<std::int64_t> counts_by_process(std::span<const std::int64_t> samples,
                                            std::span<const std::int64_t> process_counts);

/// In time order; batches of a process differ by one sample at most. A series that has no more than
/// kMostBatches samples has a batch for each.
std::vector<Batch> batches_of(std::span<const std::int64_t> samples,
                              std::span<const std::int64_t> process_counts);

/// The autocorrelation of neighbouring values, pooled over `groups` (one for each value, in order;
/// neighbours of different groups are no neighbours), about the mean of each group. Corrected for
/// the bias of short series, +(1 + 4 r) / n (Kendall 1954, Biometrika 41). 0 where there
/// are too few values; within -0.97 and 0.97.
double neighbour_autocorrelation(std::span<const double> values,
                                 std::span<const std::size_t> groups);

}  // namespace ridgepoint

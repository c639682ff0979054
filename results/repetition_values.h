// What a metric was in each repetition: the values whose median is its figure, and the values that
// two records are compared by. The formulas of results/metric.h that work repetition by repetition
// stand here, once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct RepetitionValues {
  std::vector<double> values;  ///< in the order taken
  /// Values of each process, in order; empty: one process took them all, or nobody said.
  std::vector<std::int64_t> process_counts;
};

/// Empty for a metric that has no value a repetition (memory, errors, sums over a run), and where
/// the samples are not there. Percentiles of gaps have one value a process, where its gaps support
/// the claim. Repetitions that were cut off are left out.
RepetitionValues repetition_values(std::string_view metric, const Case& subject,
                                   const Measurement& measurement);

}  // namespace ridgepoint

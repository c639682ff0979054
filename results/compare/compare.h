// Comparing two selections of stored records: matching, environments, evidence, verdicts, causes.
// Everything that is known goes in, a Comparison comes out; nothing is read or printed here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "results/compare/comparison.h"
#include "results/compare/quality_budget.h"
#include "results/compare/select_sides.h"

namespace ridgepoint {

struct CompareOptions {
  double threshold = 0.02;             ///< share by which a speed must differ to matter
  double alpha = 0.01;                 ///< chance of a false "slower" or "faster" over all rows
  std::vector<std::string> metrics{};  ///< names, or "all"; empty: the primary ones
  bool across_machines = false;        ///< the machine is what is compared
  /// A model case of B whose variant is past it, or of unknown quality, is not called faster.
  QualityBudget budget{};
  std::vector<Record> qualities{};  ///< what is known of it (stored_qualities)
};

/// Error when both sides are the same records, have no case in common, or no metric asked for.
/// std::invalid_argument for a threshold or alpha outside of (0, 1).
Comparison compare(const SelectedSides& sides, const CompareOptions& options);

/// One of several comparisons, or why it cannot be made.
struct ComparedPair {
  std::optional<Comparison> comparison;
  std::string problem;  ///< empty: there is a comparison
};

/// Several candidates against one baseline, each a pair of sides of its own. Holm's correction is
/// over the tests of all pairs together: `alpha` is the chance of a false "slower" or "faster" in
/// any of them, however many candidates there are. A pair that compare() would refuse has a
/// problem.
std::vector<ComparedPair> compare_many(std::span<const SelectedSides> pairs,
                                       const CompareOptions& options);

}  // namespace ridgepoint

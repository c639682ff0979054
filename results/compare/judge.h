// One metric of one case, judged: evidence from samples, then a verdict once the whole family of
// tests is known; or single values against their tolerance.
#pragma once

#include <string_view>

#include "results/compare/comparison.h"
#include "results/record.h"

namespace ridgepoint {

/// Fills the values, the replication and, where the samples suffice, the evidence but for its
/// adjusted p; a verdict only where no test is needed (tolerances) or possible (a reason then says
/// why). `threshold` and `alpha` are shares.
void weigh(const Record& a, const Record& b, std::string_view metric, double threshold,
           double alpha, ComparisonRow& row);

/// The verdict of a row with evidence whose adjusted p is known: slower when the whole interval
/// lies beyond the threshold on the worse side and the adjusted p is at most alpha, faster
/// likewise, same when the whole interval lies within, undecided otherwise; the ratio of medians
/// must say the same, or the repetitions have levels that no single shift describes. The threshold
/// is taken on the log scale, so that A against B and B against A are judged alike.
void decide(double threshold, double alpha, ComparisonRow& row);

}  // namespace ridgepoint

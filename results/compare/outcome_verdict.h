// What two outcomes say when one of them is not ok: a case that was measured and now fails is
// worse, however fast it failed.
#pragma once

#include "results/compare/comparison.h"

namespace ridgepoint {

/// Sets verdict, reason and whether the row counts. B failed, wrong, out of memory or timed out
/// where A was ok: slower. B no longer supported: slower too, unless backends are what is compared.
/// A mistrusted or interrupted side: undecided. Everything else cannot be compared and does not
/// count.
void judge_outcomes(bool backends_differ, ComparisonRow& row);

}  // namespace ridgepoint

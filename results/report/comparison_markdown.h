// A comparison as a merge-request comment: verdict first, then the rows that matter, then the
// cause, and all the rest folded.
#pragma once

#include <string>

#include "results/compare/comparison.h"

namespace ridgepoint {

std::string comparison_markdown(const Comparison& comparison);

}  // namespace ridgepoint

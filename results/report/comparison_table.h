// A comparison for a terminal: verdict, what differs in environment, the rows that matter, why.
#pragma once

#include <string>

#include "results/compare/comparison.h"

namespace ridgepoint {

std::string comparison_table(const Comparison& comparison);

}  // namespace ridgepoint

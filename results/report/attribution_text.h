// Why one side is slower, in words.
#pragma once

#include <string>
#include <vector>

#include "results/compare/attribution.h"

namespace ridgepoint {

/// A sentence an entry, the largest cause first: ops by their part of the graph, what no op
/// accounts for, then what else changed around the case; how to get op times where there are none.
std::vector<std::string> explain(const Attribution& attribution);

}  // namespace ridgepoint

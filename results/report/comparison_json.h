// A comparison as JSON for other programs, versioned; docs/formats.md names every key.
#pragma once

#include <string>

#include "results/compare/comparison.h"

namespace ridgepoint {

inline constexpr int kComparisonVersion = 1;

std::string comparison_json(const Comparison& comparison);

}  // namespace ridgepoint

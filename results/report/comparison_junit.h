// A comparison as JUnit XML, which continuous integration shows as tests: a row a test case, slower
// is a failure, undecided and incomparable are skipped.
#pragma once

#include <string>

#include "results/compare/comparison.h"

namespace ridgepoint {

std::string comparison_junit(const Comparison& comparison);

}  // namespace ridgepoint

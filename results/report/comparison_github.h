// A comparison as GitHub workflow commands: annotations on the run, the table for its log. The step
// summary is the Markdown report; who may write the file decides that.
#pragma once

#include <string>

#include "results/compare/comparison.h"

namespace ridgepoint {

/// One annotation for the verdict (error, warning or notice), up to nine for the worst rows (GitHub
/// shows ten a step), then the table as plain text.
std::string comparison_github(const Comparison& comparison);

}  // namespace ridgepoint

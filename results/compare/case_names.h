// Names that tell the cases of a comparison apart: labels, with the fields that labels leave out
// where two cases would otherwise be called the same.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "workloads/case.h"

namespace ridgepoint {

/// One a case, in order: "llm byte-llama-6m pp64 tg32 d0 b1 threads 2". Equal cases get equal
/// names.
std::vector<std::string> case_names(std::span<const Case> cases);

}  // namespace ridgepoint

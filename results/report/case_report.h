// One case in full, for a person: what it is, what came out and how well that is known, why
// measuring stopped, which levels its series moved between and when, and what disturbed it, batch
// by batch. Only says what is stored.
#pragma once

#include <string>

#include "results/record.h"

namespace ridgepoint {

/// Text for a terminal, a section a topic; sections that the record says nothing about are left
/// out. `run` is the one that the record belongs to.
std::string case_report(const Run& run, const Record& record);

}  // namespace ridgepoint

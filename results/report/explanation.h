// What limits a case and what would help, in about ten lines and with numbers, from its profile.
// Every figure follows from what is stored; a forecast says what it assumes.
#pragma once

#include <string>

#include "results/record.h"
#include "results/roofline/case_profile.h"

namespace ridgepoint {

std::string explanation(const Record& record, const roofline::CaseProfile& profile);

}  // namespace ridgepoint

// A run through a lens, as text for a terminal: a table a case, refusals with their reasons.
#pragma once

#include <string>
#include <string_view>

#include "results/record.h"

namespace ridgepoint {

/// Error for an unknown lens.
std::string lens_table(const RunWithRecords& data, std::string_view lens);

}  // namespace ridgepoint

// RUN/CASE as people write it: which case of a run is meant.
#pragma once

#include <string>
#include <string_view>

#include "results/store/store.h"

namespace ridgepoint {

/// The case that `text` names within a run: its number there, or the first characters of its hash
/// (at least 4). A number that the run has comes first. Error when none or several fit.
PlannedCase choose_case(const std::vector<PlannedCase>& planned, std::string_view text,
                        std::string_view run);

}  // namespace ridgepoint

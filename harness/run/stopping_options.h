// Options that say when a case has been measured enough, and that speak of each other: what was not
// given follows what was, and what was given twice and cannot hold is refused.
#pragma once

#include <functional>
#include <string_view>

#include "harness/run/run_options.h"

namespace ridgepoint {

/// `given` says whether somebody asked for the option of that name (run_option_fields). Of
/// --processes and --most-processes alone, the other one moves along. Error for contradictions.
void settle_stopping_options(RunOptions& options,
                             const std::function<bool(std::string_view name)>& given);

}  // namespace ridgepoint

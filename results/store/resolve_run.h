// From what a person types to the id of one run.
#pragma once

#include <string>
#include <string_view>

#include "results/store/database.h"

namespace ridgepoint {

/// A full id, a unique prefix of at least 4 characters, "latest", or a label (its newest run).
/// Error that lists candidates when nothing or more than one thing fits.
std::string resolve_run(Database& database, std::string_view text);

}  // namespace ridgepoint

// JSON export, version 2 (docs/formats.md): everything that is known of a run, and the way back.
#pragma once

#include <string>
#include <string_view>

#include "results/record.h"

namespace ridgepoint {

std::string run_to_json(const RunWithRecords& data);

/// The inverse: a round trip gives equal data. `origin` (a path) is for error lines. Error for
/// other formats, newer versions and anything missing, of the wrong kind or contradictory.
RunWithRecords run_from_json(std::string_view json, std::string_view origin);

/// Whether the text claims to be such an export, for commands that take files of several kinds.
bool is_run_json(std::string_view json);

}  // namespace ridgepoint

// nvbench's JSON (`--json FILE`, file version 1) as a run.
#pragma once

#include <string_view>

#include "results/record.h"

namespace ridgepoint {

/// Looks at the beginning of the text only.
bool is_nvbench(std::string_view text);

/// A case a state (benchmark, axis values, device); its summaries become metrics
/// "nvbench:TAG_UNIT", in the units that nvbench reports. Single samples are in files beside the
/// JSON (`--jsonbin`), which are not read. Error when it is not such a file or has no state.
RunWithRecords import_nvbench(std::string_view json, std::string_view origin);

}  // namespace ridgepoint

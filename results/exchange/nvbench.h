// nvbench's JSON (`--json FILE`, file version 1) as a run, with the single samples that it writes
// into files beside the JSON on request (`--jsonbin FILE`).
#pragma once

#include <string_view>

#include "results/record_stream.h"

namespace ridgepoint {

struct ImportSource;

/// Looks at the beginning of the text only.
bool is_nvbench(std::string_view text);

/// A case a state (benchmark, axis values, device); its summaries become metrics
/// "nvbench:TAG_UNIT", in the units that nvbench reports. Where the files of samples are there,
/// their times are the series `total`, whose median is `real_time_ns`. Files that are named and not
/// there are a note. Error when it is not such a file or has no state, and for a file of samples
/// that is not what the JSON says, or that lies elsewhere.
RecordStream stream_nvbench(const ImportSource& source);

}  // namespace ridgepoint

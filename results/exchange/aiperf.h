// AIPerf's profile_export_aiperf.json as a run; with the profile_export.jsonl beside it (given as a
// folder) also what every single request did.
#pragma once

#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct ImportSource;

/// Looks at the beginning of the text only.
bool is_aiperf(std::string_view text);
/// The summary, then the requests.
std::vector<std::string_view> aiperf_files();

/// One record. Figures become metrics "aiperf:METRIC_STATISTIC_UNIT" as they stand: the average of
/// every metric, and the distribution of those of tokens and latency; the rest stays in the
/// details. Error when it is not such a file.
RunWithRecords import_aiperf(const ImportSource& source);

}  // namespace ridgepoint

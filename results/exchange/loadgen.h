// MLPerf LoadGen's logs as a run: mlperf_log_summary.txt, mlperf_log_detail.txt, and where tracing
// was on mlperf_log_trace.json, the only one with the latency of every sample.
#pragma once

#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct ImportSource;

/// A summary or a detail log; looks at the beginning of the text only.
bool is_loadgen(std::string_view text);
/// Detail log, summary, trace.
std::vector<std::string_view> loadgen_files();

/// One record: a test. Figures become metrics "mlperf:NAME" as they stand, named as the detail log
/// does (without its "result_"), from there where it is given. A test that LoadGen calls INVALID is
/// `mistrusted`, with the conditions that did not hold. Error when it is not such a log.
RunWithRecords import_loadgen(const ImportSource& source);

}  // namespace ridgepoint

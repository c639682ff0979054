// vLLM's `vllm bench serve --save-result` as a run, with `--save-detailed` or without.
#pragma once

#include <string_view>

#include "results/record.h"

namespace ridgepoint {

/// Looks at the beginning of the text only.
bool is_vllm_bench(std::string_view text);

/// One record a result: a file has one, or with `--append-result` one a line. Figures become
/// metrics "vllm:NAME" as they stand; times of single requests become series in whole nanoseconds,
/// of the requests that succeeded. Error when it is not such a file.
RunWithRecords import_vllm_bench(std::string_view json, std::string_view origin);

}  // namespace ridgepoint

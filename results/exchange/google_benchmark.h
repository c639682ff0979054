// Google Benchmark's JSON (`--benchmark_out_format=json`, library 1.5 or newer) as a run, whoever's
// benchmark wrote it.
#pragma once

#include <string_view>

#include "results/record.h"

namespace ridgepoint {

/// One case of workload "imported" a benchmark name, with series "total" (ns) and "iterations", one
/// sample a repetition; what else there is becomes metrics, details and environment
/// (docs/formats.md). The ids derive from the text, so that the same file imports once.
/// `origin` (a path) is for error lines. Error when it is not such a file or holds no benchmark.
RunWithRecords import_google_benchmark(std::string_view json, std::string_view origin);

}  // namespace ridgepoint

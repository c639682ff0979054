// llama-bench's `-o json` (one list of objects) and `-o jsonl` (one object a line), row by row.
#pragma once

#include <string_view>

#include "results/exchange/llama_bench_row.h"

namespace ridgepoint {

/// Error for what is not JSON of that shape; `origin` names the file. Values that are lists, other
/// than samples_ns, and nulls are left out: samples_ts follows from the samples.
void read_llama_bench_json(std::string_view text, std::string_view origin,
                           const LlamaBenchSink& sink);

}  // namespace ridgepoint

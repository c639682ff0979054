// Measures a model case: load, prefill, decode.
#pragma once

#include "harness/run/case_context.h"

namespace ridgepoint {

/// Series "load", "ttft", "inter_token" or "decode_step", "end_to_end", "warm_up". Error when the
/// model or backend cannot be opened.
CaseResult measure_model_case(const CaseContext& context);

}  // namespace ridgepoint

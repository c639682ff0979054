// Measures an operator case through Google Benchmark, registered at run time.
#pragma once

#include "harness/run/case_context.h"

namespace ridgepoint {

/// Series "run" with every pass after warm-up, and "warm_up". Error when the backend cannot be
/// opened or the operator cannot be built.
CaseResult measure_op_case(const CaseContext& context);

}  // namespace ridgepoint

// Checks one operator: the whole output of its last pass against the reference's on the same
// inputs.
#pragma once

#include "backends/backend.h"
#include "harness/run/case_context.h"
#include "workloads/graph/op_graph.h"

namespace ridgepoint {

/// `execution` has run; the reference itself is run once more, for its promise of the same bits.
/// Sends the details; returns ok, wrong, or mistrusted when the reference cannot say.
CaseResult check_op(const CaseContext& context, const Backend& backend, Execution& execution,
                    const Graph& graph, const OpInputs& inputs);

}  // namespace ridgepoint

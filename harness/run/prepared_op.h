// An operator case made ready on a backend: execution prepared, inputs written, caches filled.
#pragma once

#include <memory>

#include "backends/backend.h"
#include "workloads/graph/op_graph.h"

namespace ridgepoint {

struct PreparedOp {
  std::shared_ptr<Cache> cache;  ///< none when the operator has no KV cache
  std::unique_ptr<Execution> execution;
};

/// `graph` is lower_op(subject), `inputs` is op_inputs(graph, seed); both must outlive the result.
PreparedOp prepare_op(const Backend& backend, const Case& subject, const Graph& graph,
                      const OpInputs& inputs, int threads);

}  // namespace ridgepoint

// An operator case made ready on a backend: execution prepared, inputs written, caches filled.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backends/backend.h"
#include "workloads/graph/op_graph.h"

namespace ridgepoint {

struct PreparedOp {
  std::vector<std::shared_ptr<const OpInputs>> copies;  ///< of turns: what each reads
  std::vector<std::shared_ptr<Cache>> caches;           ///< none when the operator has no KV cache
  std::unique_ptr<Execution> execution;
};

/// `graph` is lower_op(subject), `inputs` is op_inputs(graph, seed); both must outlive the result.
PreparedOp prepare_op(const Backend& backend, const Case& subject, const Graph& graph,
                      const OpInputs& inputs, int threads);

/// Turns of which each reads data of its own, so many that between two times that one is taken more
/// than twice what the device's cache holds goes through it; 0 where that is not known, or would
/// take more than kMostTurns.
inline constexpr std::int64_t kMostTurns = 1024;
std::int64_t turns_for(std::int64_t cache_bytes, std::int64_t pass_bytes);

/// So many executions over equal data, as one that runs them in turns (Backend::in_turns), which is
/// null where the backend has no such.
PreparedOp prepare_op_in_turns(const Backend& backend, const Case& subject, const Graph& graph,
                               const OpInputs& inputs, int threads, std::int64_t turns);

}  // namespace ridgepoint

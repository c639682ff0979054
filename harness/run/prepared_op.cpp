#include "harness/run/prepared_op.h"

#include <algorithm>

namespace ridgepoint {
namespace {

std::unique_ptr<Execution> prepare_with(const Backend& backend, const Graph& graph,
                                        const OpInputs& inputs, const PrepareOptions& options) {
  auto execution = backend.prepare(graph, inputs.weights, options);
  for (const auto& [id, bytes] : inputs.inputs) execution->write_input(id, bytes);
  return execution;
}

}  // namespace

PreparedOp prepare_op(const Backend& backend, const Case& subject, const Graph& graph,
                      const OpInputs& inputs, int threads) {
  PreparedOp prepared;
  const auto values = graph.values();
  if (std::any_of(values.begin(), values.end(),
                  [](const Value& value) { return value.role == Role::cache; })) {
    prepared.cache = backend.make_cache(graph);
  }
  const PrepareOptions options{.threads = threads, .cache = prepared.cache};
  if (const auto fill = lower_op_fill(subject)) {
    const auto contents = op_inputs(*fill, static_cast<std::uint64_t>(subject.seed));
    const auto filling = prepare_with(backend, *fill, contents, options);
    filling->run(0);
    filling->synchronise();
  }
  prepared.execution = prepare_with(backend, graph, inputs, options);
  return prepared;
}

}  // namespace ridgepoint

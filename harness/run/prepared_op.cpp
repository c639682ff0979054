#include "harness/run/prepared_op.h"

#include <algorithm>
#include <utility>

namespace ridgepoint {
namespace {

std::unique_ptr<Execution> prepare_with(const Backend& backend, const Graph& graph,
                                        const OpInputs& inputs, const PrepareOptions& options) {
  auto execution = backend.prepare(graph, inputs.weights, options);
  for (const auto& [id, bytes] : inputs.inputs) execution->write_input(id, bytes);
  return execution;
}

/// One execution; its cache, if there is one, is added to `caches`.
std::unique_ptr<Execution> prepare_one(const Backend& backend, const Case& subject,
                                       const Graph& graph, const OpInputs& inputs,
                                       PrepareOptions options,
                                       std::vector<std::shared_ptr<Cache>>& caches) {
  const auto values = graph.values();
  if (std::any_of(values.begin(), values.end(),
                  [](const Value& value) { return value.role == Role::cache; })) {
    options.cache = caches.emplace_back(backend.make_cache(graph));
  }
  if (const auto fill = lower_op_fill(subject)) {
    const auto contents = op_inputs(*fill, static_cast<std::uint64_t>(subject.seed));
    const auto filling = prepare_with(backend, *fill, contents, options);
    filling->run(0);
    filling->synchronise();
  }
  return prepare_with(backend, graph, inputs, options);
}

/// The same numbers in memory of their own.
std::shared_ptr<const OpInputs> copy_of(const OpInputs& inputs) {
  auto copy = std::make_shared<OpInputs>(inputs);
  for (auto& [name, view] : copy->weights) {
    if (const auto own = copy->owned.find(name); own != copy->owned.end()) view.bytes = own->second;
  }
  return copy;
}

}  // namespace

PreparedOp prepare_op(const Backend& backend, const Case& subject, const Graph& graph,
                      const OpInputs& inputs, int threads) {
  PreparedOp prepared;
  prepared.execution = prepare_one(backend, subject, graph, inputs,
                                   {.threads = threads, .cache = {}}, prepared.caches);
  return prepared;
}

std::int64_t turns_for(std::int64_t cache_bytes, std::int64_t pass_bytes) {
  if (cache_bytes <= 0 || pass_bytes <= 0) return 0;
  // The others' bytes, by one turn less, are more than twice the cache.
  const std::int64_t turns = 2 * cache_bytes / pass_bytes + 2;
  return turns <= kMostTurns ? turns : 0;
}

PreparedOp prepare_op_in_turns(const Backend& backend, const Case& subject, const Graph& graph,
                               const OpInputs& inputs, int threads, std::int64_t turns) {
  PreparedOp prepared;
  std::vector<std::unique_ptr<Execution>> all;
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    const auto& copy = prepared.copies.emplace_back(copy_of(inputs));
    all.push_back(prepare_one(backend, subject, graph, *copy,
                              {.threads = threads, .cache = {}, .record = false}, prepared.caches));
  }
  prepared.execution = backend.in_turns(std::move(all));
  return prepared;
}

}  // namespace ridgepoint

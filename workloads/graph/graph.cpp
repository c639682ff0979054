#include "workloads/graph/graph.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

// Positions and row counts stay far from overflow in every product that follows from them.
constexpr std::int64_t kMost = std::int64_t{1} << 31;

}  // namespace

Graph::Graph(std::string name, std::int64_t batch, std::int64_t tokens, std::int64_t capacity)
    : name_(std::move(name)), batch_(batch), tokens_(tokens), capacity_(capacity) {
  if (batch < 1 || tokens < 1 || capacity < 0 || batch > kMost || tokens > kMost ||
      capacity > kMost || batch * tokens > kMost) {
    throw Error(
        fmt::format("graph '{}': batch {}, tokens {} and capacity {} must be positive and "
                    "make at most 2^31 rows",
                    name_, batch, tokens, capacity));
  }
}

void Graph::claim(std::string_view name, ValueId id) {
  if (name.empty() || !ids_.emplace(name, id).second) {
    throw Error(
        fmt::format("graph '{}': the name '{}' is taken; names and op ids must be unique "
                    "and not empty",
                    name_, name));
  }
}

ValueId Graph::append(Value value) {
  const auto id = static_cast<ValueId>(values_.size());
  claim(value.name, id);
  values_.push_back(std::move(value));
  storage_.push_back(id);
  return id;
}

ValueId Graph::add_value(Value value) {
  if (value.role != Role::input && value.role != Role::weight && value.role != Role::cache) {
    throw std::logic_error("Graph::add_value takes inputs, weights and caches only");
  }
  return append(std::move(value));
}

std::vector<Value> Graph::values_of(std::span<const ValueId> ids) const {
  std::vector<Value> values;
  values.reserve(ids.size());
  for (const ValueId id : ids) {
    if (id >= values_.size()) throw std::logic_error("Graph: an input is no value of this graph");
    values.push_back(values_[id]);
  }
  return values;
}

ValueId Graph::add_node(std::string op_id, Op op, std::vector<ValueId> inputs) {
  const std::vector<Value> operands = values_of(inputs);
  Value output;
  output.name = op_id;
  try {
    output.shape = ridgepoint::output_shape(op, operands);
  } catch (const Error& error) {
    throw Error(fmt::format("graph '{}', op '{}': {}", name_, op_id, error.what()));
  }
  output.type = output_type(op, operands);
  const bool aliases_cache = std::holds_alternative<KvAppend>(op);
  output.role = aliases_cache ? Role::cache : Role::activation;
  const ValueId id = append(std::move(output));
  if (aliases_cache) storage_[id] = storage_[inputs[KvAppend::kCacheInput]];
  nodes_.push_back({std::move(op_id), std::move(op), std::move(inputs), id});
  return id;
}

void Graph::mark_output(ValueId id, std::string_view name) {
  Value& value = values_.at(id);
  if (value.role != Role::activation) {
    throw std::logic_error("Graph::mark_output takes a node's activation only");
  }
  if (!name.empty() && name != value.name) {
    claim(name, id);
    value.name = name;
  }
  value.role = Role::output;
}

ValueId Graph::find(std::string_view value_name) const {
  const auto found = ids_.find(value_name);
  if (found == ids_.end()) {
    throw Error(fmt::format("graph '{}' has no value '{}'", name_, value_name));
  }
  return found->second;
}

Work Graph::work(const Node& node, std::int64_t past) const {
  return work_of(node.op, values_of(node.inputs), values_.at(node.output),
                 {.batch = batch_, .tokens = tokens_, .past = past});
}

Work Graph::work(std::int64_t past) const {
  Work total;
  for (const Node& node : nodes_) total += work(node, past);
  return total;
}

}  // namespace ridgepoint

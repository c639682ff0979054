// Graph: what a case lowers to. Nodes stand in execution order; each carries an op id that is the
// same over all backends and phases ("layer.3.attention.q"), so that the error, the bytes and the
// latency of one op can be put side by side. Plain data: building validates, running is elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/ops/op.h"

namespace ridgepoint {

using ValueId = std::uint32_t;

struct Node {
  std::string op_id;  ///< unique within the graph
  Op op;
  std::vector<ValueId> inputs;
  ValueId output = 0;
};

class Graph {
 public:
  /// `batch` and `tokens` are what the graph is shaped for, `capacity` the most tokens a sequence's
  /// cache can hold (0 without caches). Error when one is out of range.
  Graph(std::string name, std::int64_t batch, std::int64_t tokens, std::int64_t capacity);

  ValueId add_value(Value value);  ///< input, weight or cache; Error on a duplicate name
  /// Appends a node; its output is a new activation named like the op id (KvAppend's: another name
  /// for the cache, see `storage`). Error when shapes do not fit or the op id is taken;
  /// std::logic_error when an input is no value of this graph.
  ValueId add_node(std::string op_id, Op op, std::vector<ValueId> inputs);
  /// Makes a node's output readable from outside, under `name` if one is given (its op id finds it
  /// still). Error on a duplicate name; std::logic_error unless it is an activation.
  void mark_output(ValueId id, std::string_view name = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::span<const Value> values() const { return values_; }
  [[nodiscard]] std::span<const Node> nodes() const { return nodes_; }
  [[nodiscard]] const Value& value(ValueId id) const { return values_.at(id); }
  /// The value whose bytes stand behind `id`: itself, or for what KvAppend yields, the cache.
  [[nodiscard]] ValueId storage(ValueId id) const { return storage_.at(id); }
  [[nodiscard]] ValueId find(std::string_view value_name) const;  ///< Error when absent
  [[nodiscard]] std::int64_t batch() const { return batch_; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  [[nodiscard]] std::int64_t capacity() const { return capacity_; }

  /// Work of one node, or of all, when every sequence's cache already holds `past` tokens. A node
  /// reads each of its inputs once and writes its output once.
  [[nodiscard]] Work work(const Node& node, std::int64_t past) const;
  [[nodiscard]] Work work(std::int64_t past) const;

 private:
  [[nodiscard]] std::vector<Value> values_of(std::span<const ValueId> ids) const;
  ValueId append(Value value);
  void claim(std::string_view name, ValueId id);

  std::string name_;
  std::int64_t batch_, tokens_, capacity_;
  std::vector<Value> values_;
  std::map<std::string, ValueId, std::less<>> ids_;  // by value name and by op id
  std::vector<ValueId> storage_;
  std::vector<Node> nodes_;
};

}  // namespace ridgepoint

#include "workloads/graph/graph_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ridgepoint {
namespace {

std::string describe(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  return fmt::format("{} {}", name_of(value.type), to_string(value.shape));
}

std::string describe(const Work& work) {
  return fmt::format("{} FLOP, {} weight B, {} KV B, {} activation B", work.flops,
                     work.weight_bytes, work.kv_bytes, work.activation_bytes);
}

}  // namespace

std::string to_text(const Graph& graph, std::int64_t past) {
  std::string text = fmt::format("{}: batch {}, tokens {}, past {}, capacity {}\n", graph.name(),
                                 graph.batch(), graph.tokens(), past, graph.capacity());
  std::size_t id_width = 0, op_width = 0;
  for (const Node& node : graph.nodes()) {
    id_width = std::max(id_width, node.op_id.size());
    op_width = std::max(op_width, name_of(node.op).size());
  }
  for (const Node& node : graph.nodes()) {
    std::string inputs;
    for (const ValueId input : node.inputs) {
      inputs += (inputs.empty() ? "" : ", ") + describe(graph, input);
    }
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:<{}}  ({}) -> {}; {}\n", node.op_id,
                   id_width, name_of(node.op), op_width, inputs, describe(graph, node.output),
                   describe(graph.work(node, past)));
  }
  text += fmt::format("total: {}\n", describe(graph.work(past)));
  return text;
}

}  // namespace ridgepoint

#include "backends/fusion_patterns.h"

#include <utility>
#include <variant>

namespace ridgepoint {

FusionPatterns::FusionPatterns(const Graph& graph)
    : graph_(graph), uses_(graph.values().size(), 0) {
  for (const Node& each : graph.nodes()) {
    for (const ValueId input : each.inputs) ++uses_[input];
  }
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    if (graph.value(id).role == Role::output) ++uses_[id];
  }
}

template <typename T>
bool FusionPatterns::is(std::size_t n) const {
  return n < graph_.nodes().size() && std::holds_alternative<T>(node(n).op);
}

bool FusionPatterns::reads(std::size_t n, std::size_t which, ValueId id) const {
  const auto& inputs = node(n).inputs;
  return which < inputs.size() && inputs[which] == id;
}

std::optional<FusionPatterns::BiasedProduct> FusionPatterns::biased_product(std::size_t n) const {
  if (!is<MatrixProduct>(n)) return std::nullopt;
  const ValueId output = node(n).output;
  BiasedProduct found{.product = {.node = n}, .nodes = 1, .result = output};
  if (is<Bias>(n + 1) && reads(n + 1, 0, output) && uses(output) == 1) {
    found.nodes = 2;
    found.result = node(n + 1).output;
    found.product.bias = node(n + 1).inputs[1];
    found.product.with = {n + 1};
    found.product.result = found.result;
  }
  return found;
}

std::optional<FusedProduct> FusionPatterns::residual(std::size_t n) const {
  auto found = biased_product(n);
  if (!found) return std::nullopt;
  const std::size_t next = n + found->nodes;
  if (is<Add>(next) && uses(found->result) == 1) {
    const Node& add = node(next);
    const bool second = add.inputs[1] == found->result;
    const ValueId addend = add.inputs[second ? 0 : 1];
    // Its own input is read by every output: a sum that takes the place of that would be too early.
    if ((second || add.inputs[0] == found->result) && add.inputs[0] != add.inputs[1] &&
        addend != node(n).inputs[0]) {
      found->product.addend = addend;
      found->product.result = add.output;
      found->product.with.push_back(next);
    }
  }
  if (found->product.with.empty()) return std::nullopt;
  return std::move(found->product);
}

bool FusionPatterns::is_gate(std::size_t n) const {
  if (!is<MatrixProduct>(n) || !is<MatrixProduct>(n + 1) || !is<SiluGate>(n + 2)) return false;
  const Node& gate = node(n);
  const Node& up = node(n + 1);
  const Node& gated = node(n + 2);
  return gate.inputs[0] == up.inputs[0] && gated.inputs[0] == gate.output &&
         gated.inputs[1] == up.output && uses(gate.output) == 1 && uses(up.output) == 1;
}

std::optional<AttentionInputs> FusionPatterns::attention_inputs(std::size_t n) const {
  std::size_t at = n;
  const auto query = biased_product(at);
  if (!query || !is<Rope>(at += query->nodes)) return std::nullopt;
  const std::size_t query_rope = at;
  const auto key = biased_product(++at);
  if (!key || !is<Rope>(at += key->nodes)) return std::nullopt;
  const std::size_t key_rope = at;
  const auto value = biased_product(++at);
  if (!value) return std::nullopt;
  at += value->nodes;
  if (!is<KvAppend>(at) || !is<KvAppend>(at + 1)) return std::nullopt;
  const ValueId input = node(n).inputs[0];
  const ValueId turned_key = node(key_rope).output;
  const bool fits = reads(query_rope, 0, query->result) && reads(key_rope, 0, key->result) &&
                    reads(at, 0, turned_key) && reads(at + 1, 0, value->result) &&
                    reads(key->product.node, 0, input) && reads(value->product.node, 0, input) &&
                    uses(query->result) == 1 && uses(key->result) == 1 && uses(turned_key) == 1 &&
                    uses(value->result) == 1;
  if (!fits) return std::nullopt;
  return AttentionInputs{.query = query->product,
                         .key = key->product,
                         .value = value->product,
                         .query_result = query->result,
                         .key_result = key->result,
                         .value_result = value->result,
                         .query_rope = query_rope,
                         .key_rope = key_rope,
                         .key_append = at,
                         .value_append = at + 1,
                         .nodes = at + 2 - n};
}

}  // namespace ridgepoint

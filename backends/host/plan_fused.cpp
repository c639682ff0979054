// The patterns of neighbouring nodes that become one stage. Values between them are read by nobody
// else, and the places that the activation plan gave to them stay what they were.
#include <array>
#include <optional>
#include <vector>

#include "backends/host/plan_builder.h"

namespace ridgepoint {
namespace {

template <typename T>
bool is(const PlanBuilder& builder, std::size_t n) {
  return n < builder.graph.nodes().size() && std::holds_alternative<T>(builder.node(n).op);
}

/// Node n reads `id` as its input `which`.
bool reads(const PlanBuilder& builder, std::size_t n, std::size_t which, ValueId id) {
  const auto& inputs = builder.node(n).inputs;
  return which < inputs.size() && inputs[which] == id;
}

/// A product, with the bias that follows it.
struct BiasedProduct {
  FusedProduct product;
  std::size_t nodes = 1;
  ValueId result;
};

std::optional<BiasedProduct> biased_product(const PlanBuilder& builder, std::size_t n) {
  if (!is<MatrixProduct>(builder, n)) return std::nullopt;
  const ValueId output = builder.node(n).output;
  BiasedProduct found{.product = {.node = n}, .result = output};
  if (is<Bias>(builder, n + 1) && reads(builder, n + 1, 0, output) && builder.uses(output) == 1) {
    found.nodes = 2;
    found.result = builder.node(n + 1).output;
    found.product.bias = builder.node(n + 1).inputs[1];
    found.product.with = {n + 1};
    found.product.result = found.result;
  }
  return found;
}

/// product (+ bias) + residual
std::size_t fuse_residual(PlanBuilder& builder, std::size_t n) {
  auto found = biased_product(builder, n);
  if (!found) return 0;
  const std::size_t next = n + found->nodes;
  if (is<Add>(builder, next) && builder.uses(found->result) == 1) {
    const Node& add = builder.node(next);
    const bool second = add.inputs[1] == found->result;
    if ((second || add.inputs[0] == found->result) && add.inputs[0] != add.inputs[1]) {
      found->product.addend = add.inputs[second ? 0 : 1];
      found->product.result = add.output;
      found->product.with.push_back(next);
      plan_product_group(builder, std::array{found->product});
      return found->nodes + 1;
    }
  }
  if (found->nodes == 1) return 0;
  plan_product_group(builder, std::array{found->product});
  return found->nodes;
}

/// gate, up -> silu(gate) * up
std::size_t fuse_gate(PlanBuilder& builder, std::size_t n) {
  if (!is<MatrixProduct>(builder, n) || !is<MatrixProduct>(builder, n + 1) ||
      !is<SiluGate>(builder, n + 2)) {
    return 0;
  }
  const Node& gate = builder.node(n);
  const Node& up = builder.node(n + 1);
  const Node& gated = builder.node(n + 2);
  if (gate.inputs[0] != up.inputs[0] || gated.inputs[0] != gate.output ||
      gated.inputs[1] != up.output || builder.uses(gate.output) != 1 ||
      builder.uses(up.output) != 1) {
    return 0;
  }
  const std::array products{FusedProduct{.node = n}, FusedProduct{.node = n + 1}};
  plan_product_group(
      builder, products,
      [kernels = &builder.kernels, rows = builder.rows(gated.output),
       length = builder.length(gated.output), gate = builder.place(gate.output),
       up = builder.place(up.output), output = builder.place(gated.output)](
          const Frame& frame, std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t at = r * length + begin;
          kernels->silu_gate(frame.at(gate) + at, frame.at(up) + at, end - begin,
                             frame.at(output) + at);
        }
      },
      std::array{n + 2});
  return 3;
}

/// q, rope, k, rope, v, append k, append v: see plan_rope_and_append.
std::size_t fuse_attention_inputs(PlanBuilder& builder, std::size_t n) {
  std::size_t at = n;
  const auto query = biased_product(builder, at);
  if (!query || !is<Rope>(builder, at += query->nodes)) return 0;
  const std::size_t query_rope = at;
  const auto key = biased_product(builder, ++at);
  if (!key || !is<Rope>(builder, at += key->nodes)) return 0;
  const std::size_t key_rope = at;
  const auto value = biased_product(builder, ++at);
  if (!value) return 0;
  at += value->nodes;
  if (!is<KvAppend>(builder, at) || !is<KvAppend>(builder, at + 1)) return 0;
  const ValueId input = builder.node(n).inputs[0];
  const bool fits =
      reads(builder, query_rope, 0, query->result) && reads(builder, key_rope, 0, key->result) &&
      reads(builder, at, 0, builder.node(key_rope).output) &&
      reads(builder, at + 1, 0, value->result) && reads(builder, key->product.node, 0, input) &&
      reads(builder, value->product.node, 0, input) && builder.uses(query->result) == 1 &&
      builder.uses(key->result) == 1 && builder.uses(builder.node(key_rope).output) == 1 &&
      builder.uses(value->result) == 1;
  if (!fits) return 0;
  // Rotation runs after all three products, so none may be placed over another's input.
  const auto& key_node = builder.node(key_rope);
  const auto& query_node = builder.node(query_rope);
  if (builder.rows(query_node.output) != builder.rows(key_node.output) ||
      builder.length(key_node.output) != builder.length(value->result)) {
    return 0;
  }
  plan_product_group(builder, std::array{query->product, key->product, value->product});
  plan_rope_and_append(
      builder,
      {.query_rope = query_rope, .key_rope = key_rope, .key_append = at, .value_append = at + 1});
  return at + 2 - n;
}

}  // namespace

std::size_t plan_fused(PlanBuilder& builder, std::size_t n) {
  if (plan_quantised_norm(builder, n)) return 1;
  if (const std::size_t nodes = fuse_attention_inputs(builder, n)) return nodes;
  if (const std::size_t nodes = fuse_gate(builder, n)) return nodes;
  return fuse_residual(builder, n);
}

}  // namespace ridgepoint

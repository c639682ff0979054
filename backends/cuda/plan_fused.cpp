// The patterns of neighbouring nodes that become one stage. Values between them are read by nobody
// else, and the places that the activation plan gave to them stay what they were.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "backends/cuda/plan_builder.h"

namespace ridgepoint::cuda {
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
  ValueId result = 0;
};

std::optional<BiasedProduct> biased_product(const PlanBuilder& builder, std::size_t n) {
  if (!is<MatrixProduct>(builder, n)) return std::nullopt;
  const ValueId output = builder.node(n).output;
  BiasedProduct found{.product = {.node = n}, .nodes = 1, .result = output};
  if (is<Bias>(builder, n + 1) && reads(builder, n + 1, 0, output) && builder.uses(output) == 1) {
    found.nodes = 2;
    found.result = builder.node(n + 1).output;
    found.product.bias = builder.node(n + 1).inputs[1];
    found.product.with = {n + 1};
    found.product.result = found.result;
  }
  return found;
}

/// The nodes that products stand for.
std::vector<std::size_t> nodes_of(std::span<const FusedProduct> products) {
  std::vector<std::size_t> nodes;
  for (const FusedProduct& product : products) {
    nodes.push_back(product.node);
    nodes.insert(nodes.end(), product.with.begin(), product.with.end());
  }
  return nodes;
}

/// product (+ bias) + residual
std::size_t fuse_residual(PlanBuilder& builder, std::size_t n) {
  auto found = biased_product(builder, n);
  if (!found) return 0;
  const std::size_t next = n + found->nodes;
  std::size_t taken = found->nodes;
  if (is<Add>(builder, next) && builder.uses(found->result) == 1) {
    const Node& add = builder.node(next);
    const bool second = add.inputs[1] == found->result;
    if ((second || add.inputs[0] == found->result) && add.inputs[0] != add.inputs[1]) {
      found->product.addend = add.inputs[second ? 0 : 1];
      found->product.result = add.output;
      found->product.with.push_back(next);
      ++taken;
    }
  }
  if (taken == 1) return 0;
  const std::array products{found->product};
  builder.add_stage(nodes_of(products), product_launches(builder, products));
  return taken;
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
  auto launches =
      product_launches(builder, std::array{FusedProduct{.node = n}, FusedProduct{.node = n + 1}});
  const ElementwiseArgs args{.what = Elementwise::silu_gate,
                             .left = builder.at(gate.output),
                             .right = builder.at(up.output),
                             .rows = builder.rows(gated.output),
                             .length = builder.length(gated.output),
                             .out = builder.at(gated.output),
                             .packed = builder.packed_for_next(n + 2)};
  launches.emplace_back([device = &builder.device(), args] {
    device->launches().elementwise(args, device->stream());
  });
  builder.add_stage({n, n + 1, n + 2}, std::move(launches));
  return 3;
}

/// q, rope, k, rope, v, append k, append v: three products in one stage, the rest in another.
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
  const ValueId turned_key = builder.node(key_rope).output;
  const bool fits = reads(builder, query_rope, 0, query->result) &&
                    reads(builder, key_rope, 0, key->result) && reads(builder, at, 0, turned_key) &&
                    reads(builder, at + 1, 0, value->result) &&
                    reads(builder, key->product.node, 0, input) &&
                    reads(builder, value->product.node, 0, input) &&
                    builder.uses(query->result) == 1 && builder.uses(key->result) == 1 &&
                    builder.uses(turned_key) == 1 && builder.uses(value->result) == 1;
  if (!fits) return 0;
  const Rope& turn = std::get<Rope>(builder.node(query_rope).op);
  const Rope& key_turn = std::get<Rope>(builder.node(key_rope).op);
  const auto dim_of = [&](std::size_t append) {
    return builder.cache(builder.node(append).inputs[KvAppend::kCacheInput]).dim;
  };
  if (turn.head_dim != key_turn.head_dim || turn.pairing != key_turn.pairing ||
      turn.inverse_frequencies != key_turn.inverse_frequencies || dim_of(at) != turn.head_dim ||
      dim_of(at + 1) != turn.head_dim) {
    return 0;
  }
  const std::array products{query->product, key->product, value->product};
  builder.add_stage(nodes_of(products), product_launches(builder, products));
  plan_heads(
      builder, {query_rope, key_rope, at, at + 1},
      std::array{HeadsNodes{query_rope, {}, query->result}, HeadsNodes{key_rope, at, key->result},
                 HeadsNodes{{}, at + 1, value->result}});
  return at + 2 - n;
}

}  // namespace

std::size_t plan_fused(PlanBuilder& builder, std::size_t n) {
  if (const std::size_t nodes = fuse_attention_inputs(builder, n)) return nodes;
  if (const std::size_t nodes = fuse_gate(builder, n)) return nodes;
  return fuse_residual(builder, n);
}

}  // namespace ridgepoint::cuda

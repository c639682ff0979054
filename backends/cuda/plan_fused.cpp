// Fused patterns (backends/fusion_patterns.h) as stages of a device. The places that the activation
// plan gave to the values between their nodes stay what they were.
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "backends/cuda/plan_builder.h"

namespace ridgepoint::cuda {
namespace {

/// The nodes that products stand for.
std::vector<std::size_t> nodes_of(std::span<const FusedProduct> products) {
  std::vector<std::size_t> nodes;
  for (const FusedProduct& product : products) {
    nodes.push_back(product.node);
    nodes.insert(nodes.end(), product.with.begin(), product.with.end());
  }
  return nodes;
}

std::size_t fuse_residual(PlanBuilder& builder, std::size_t n) {
  const auto product = builder.patterns.residual(n);
  if (!product) return 0;
  const std::array products{*product};
  builder.add_stage(nodes_of(products), product_launches(builder, products));
  return 1 + product->with.size();
}

std::size_t fuse_gate(PlanBuilder& builder, std::size_t n) {
  if (!builder.patterns.is_gate(n)) return 0;
  const Node& gate = builder.node(n);
  const Node& up = builder.node(n + 1);
  const Node& gated = builder.node(n + 2);
  // Where the next product takes its rows packed, the gate is a launch that packs.
  if (!builder.packs_for_next(n + 2)) {
    auto one = gated_launches(builder, n, n + 1, gated.output);
    if (!one.empty()) {
      builder.add_stage({n, n + 1, n + 2}, std::move(one));
      return 3;
    }
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

/// Three products in one stage, the rest in another.
std::size_t fuse_attention_inputs(PlanBuilder& builder, std::size_t n) {
  const auto found = builder.patterns.attention_inputs(n);
  if (!found) return 0;
  const Rope& turn = std::get<Rope>(builder.node(found->query_rope).op);
  const Rope& key_turn = std::get<Rope>(builder.node(found->key_rope).op);
  const auto dim_of = [&](std::size_t append) {
    return builder.cache(builder.node(append).inputs[KvAppend::kCacheInput]).dim;
  };
  if (turn.head_dim != key_turn.head_dim || turn.pairing != key_turn.pairing ||
      turn.inverse_frequencies != key_turn.inverse_frequencies ||
      dim_of(found->key_append) != turn.head_dim || dim_of(found->value_append) != turn.head_dim) {
    return 0;
  }
  const std::array products{found->query, found->key, found->value};
  builder.add_stage(nodes_of(products), product_launches(builder, products));
  plan_heads(builder, {found->query_rope, found->key_rope, found->key_append, found->value_append},
             std::array{HeadsNodes{found->query_rope, {}, found->query_result},
                        HeadsNodes{found->key_rope, found->key_append, found->key_result},
                        HeadsNodes{{}, found->value_append, found->value_result}});
  return found->nodes;
}

}  // namespace

std::size_t plan_fused(PlanBuilder& builder, std::size_t n) {
  if (const std::size_t nodes = fuse_attention_inputs(builder, n)) return nodes;
  if (const std::size_t nodes = fuse_gate(builder, n)) return nodes;
  return fuse_residual(builder, n);
}

}  // namespace ridgepoint::cuda

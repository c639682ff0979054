// Fused patterns (backends/fusion_patterns.h) as stages of the host. The places that the activation
// plan gave to the values between their nodes stay what they were.
#include <array>

#include "backends/host/plan_builder.h"

namespace ridgepoint {
namespace {

std::size_t fuse_residual(PlanBuilder& builder, std::size_t n) {
  const auto product = builder.patterns.residual(n);
  if (!product) return 0;
  plan_product_group(builder, std::array{*product});
  return 1 + product->with.size();
}

std::size_t fuse_gate(PlanBuilder& builder, std::size_t n) {
  if (!builder.patterns.is_gate(n)) return 0;
  const Node& gate = builder.node(n);
  const Node& up = builder.node(n + 1);
  const Node& gated = builder.node(n + 2);
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

/// See plan_rope_and_append.
std::size_t fuse_attention_inputs(PlanBuilder& builder, std::size_t n) {
  const auto found = builder.patterns.attention_inputs(n);
  if (!found) return 0;
  // Rotation runs after all three products, so none may be placed over another's input.
  const auto& key_node = builder.node(found->key_rope);
  const auto& query_node = builder.node(found->query_rope);
  if (builder.rows(query_node.output) != builder.rows(key_node.output) ||
      builder.length(key_node.output) != builder.length(found->value_result)) {
    return 0;
  }
  plan_product_group(builder, std::array{found->query, found->key, found->value});
  plan_rope_and_append(builder, {.query_rope = found->query_rope,
                                 .key_rope = found->key_rope,
                                 .key_append = found->key_append,
                                 .value_append = found->value_append});
  return found->nodes;
}

}  // namespace

std::size_t plan_fused(PlanBuilder& builder, std::size_t n) {
  if (plan_quantised_norm(builder, n)) return 1;
  if (const std::size_t nodes = fuse_attention_inputs(builder, n)) return nodes;
  if (const std::size_t nodes = fuse_gate(builder, n)) return nodes;
  return fuse_residual(builder, n);
}

}  // namespace ridgepoint

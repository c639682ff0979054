#include "workloads/ops/attention.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Attention::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 3);
  operands.demand(
      heads > 0 && kv_heads > 0 && head_dim > 0 && heads % kv_heads == 0,
      fmt::format("{} heads over {} key-value heads of {}: the first must be a multiple "
                  "of the second, all positive",
                  heads, kv_heads, head_dim));
  operands.demand(std::isfinite(scale), "the scale must be finite");
  const Value& query = operands.activation(0);
  operands.demand(
      query.shape[1] == heads * head_dim,
      fmt::format("the query must have {} features, heads * head_dim", heads * head_dim));
  const Value& keys = operands.cache(1, query.shape[0], kv_heads * head_dim);
  const Value& values = operands.cache(2, query.shape[0], kv_heads * head_dim);
  operands.demand(keys.shape == values.shape && keys.type == values.type,
                  "keys and values must have one shape and type");
  return query.shape;
}

Work Attention::work(std::span<const Value> inputs, const Value& output, const Step& step) const {
  const Value& keys = inputs[1];
  // Token t sees past + t + 1 positions; summed over a sequence's tokens:
  const std::int64_t visible = step.tokens * step.past + step.tokens * (step.tokens + 1) / 2;
  // Each visible position costs a head head_dim multiply-adds for its score and as many for its
  // value, one product with the scale, and softmax's five (see softmax.cpp).
  const std::int64_t flops = step.batch * heads * visible * (4 * head_dim + 1 + 5);
  const std::int64_t live = step.batch * (step.past + step.tokens);
  return {.flops = flops,
          .kv_bytes = 2 * live * row_bytes(keys.type, kv_heads * head_dim),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

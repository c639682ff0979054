#include "workloads/ops/layer_norm.h"

#include <cmath>

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape LayerNorm::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 3);
  operands.demand(std::isfinite(epsilon) && epsilon >= 0,
                  "epsilon must be finite and not negative");
  const Value& input = operands.activation(0);
  static_cast<void>(operands.vector(1, input.shape[1]));
  static_cast<void>(operands.vector(2, input.shape[1]));
  return input.shape;
}

Work LayerNorm::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  const std::int64_t rows = output.shape[0], features = output.shape[1];
  // An element: sum, centring, square and sum, product with the deviation's inverse, weight, bias.
  // A row: two divisions by n, epsilon, root, inverse.
  return {.flops = rows * (7 * features + 5),
          .weight_bytes = bytes_of(inputs[1]) + bytes_of(inputs[2]),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

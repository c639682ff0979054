#include "workloads/ops/rms_norm.h"

#include <cmath>

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape RmsNorm::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  operands.demand(std::isfinite(epsilon) && epsilon >= 0,
                  "epsilon must be finite and not negative");
  const Value& input = operands.activation(0);
  static_cast<void>(operands.vector(1, input.shape[1]));
  return input.shape;
}

Work RmsNorm::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  const std::int64_t rows = output.shape[0], features = output.shape[1];
  // An element: square and sum, product with the inverse root, product with the weight.
  // A row: division by n, epsilon, root, inverse.
  return {.flops = rows * (4 * features + 4),
          .weight_bytes = bytes_of(inputs[1]),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

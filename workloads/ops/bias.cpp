#include "workloads/ops/bias.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Bias::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  const Value& input = operands.activation(0);
  static_cast<void>(operands.vector(1, input.shape[1]));
  return input.shape;
}

Work Bias::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // One addition an element.
  return {.flops = element_count(output.shape),
          .weight_bytes = bytes_of(inputs[1]),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

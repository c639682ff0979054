#include "workloads/ops/add.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Add::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  const Value& left = operands.activation(0);
  operands.demand(left.shape == operands.activation(1).shape, "both inputs must have one shape");
  return left.shape;
}

Work Add::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // One addition an element.
  return {.flops = element_count(output.shape),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(inputs[1]) + bytes_of(output)};
}

}  // namespace ridgepoint

#include "workloads/ops/silu_gate.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape SiluGate::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  const Value& gate = operands.activation(0);
  operands.demand(gate.shape == operands.activation(1).shape, "both inputs must have one shape");
  return gate.shape;
}

Work SiluGate::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // Exponential, 1 +, division, product with up; a change of sign is free.
  return {.flops = 4 * element_count(output.shape),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(inputs[1]) + bytes_of(output)};
}

}  // namespace ridgepoint

#include "workloads/ops/gelu.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Gelu::output_shape(std::span<const Value> inputs) const {
  return Operands(kName, inputs, 1).activation(0).shape;
}

Work Gelu::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // exact: product with 1/sqrt(2), erf, 1 +, product with x, halving.
  // tanh: x^2, x^3, product with 0.044715, x +, product with sqrt(2/pi), tanh, 1 +, product with x,
  // halving.
  const std::int64_t per_element = form == GeluForm::exact ? 5 : 9;
  return {.flops = per_element * element_count(output.shape),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

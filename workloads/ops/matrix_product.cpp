#include "workloads/ops/matrix_product.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape MatrixProduct::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  const Value& input = operands.activation(0);
  return {input.shape[0], operands.matrix(1, input.shape[1]).shape[0]};
}

Work MatrixProduct::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // A multiply-add for each of rows * in * out.
  return {.flops = 2 * inputs[0].shape[0] * element_count(inputs[1].shape),
          .weight_bytes = bytes_of(inputs[1]),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

#include "workloads/ops/softmax.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Softmax::output_shape(std::span<const Value> inputs) const {
  return Operands(kName, inputs, 1).activation(0).shape;
}

Work Softmax::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // An element: comparison for the maximum, difference, exponential, sum, division.
  return {.flops = 5 * element_count(output.shape),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

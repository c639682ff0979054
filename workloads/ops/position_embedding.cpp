#include "workloads/ops/position_embedding.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape PositionEmbedding::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  const Value& input = operands.activation(0);
  static_cast<void>(operands.matrix(1, input.shape[1]));
  return input.shape;
}

Work PositionEmbedding::work(std::span<const Value> inputs, const Value& output,
                             const Step& step) const {
  const Value& table = inputs[1];
  // One addition an element.
  return {.flops = element_count(output.shape),
          .weight_bytes = step.tokens * row_bytes(table.type, table.shape[1]),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

#include "workloads/ops/embedding.h"

#include <algorithm>

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Embedding::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  return {operands.tokens(0).shape[0], operands.matrix(1, 0).shape[1]};
}

Work Embedding::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  const Value& table = inputs[1];
  // One table row a token; no more distinct rows than the vocabulary has.
  const std::int64_t rows = std::min(output.shape[0], table.shape[0]);
  return {.weight_bytes = rows * row_bytes(table.type, table.shape[1]),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

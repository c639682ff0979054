#include "workloads/ops/kv_append.h"

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape KvAppend::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 2);
  const Value& input = operands.activation(0);
  return operands.cache(kCacheInput, input.shape[0], input.shape[1]).shape;
}

Work KvAppend::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  const Value& input = inputs[0];
  // Conversion is no arithmetic. Only the appended positions are touched.
  return {.kv_bytes = input.shape[0] * row_bytes(output.type, input.shape[1]),
          .activation_bytes = bytes_of(input)};
}

}  // namespace ridgepoint

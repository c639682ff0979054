#include "workloads/ops/select_last.h"

#include <fmt/format.h>

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape SelectLast::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 1);
  const Value& input = operands.activation(0);
  operands.demand(batch > 0 && input.shape[0] % batch == 0,
                  fmt::format("{} rows are not a whole number of tokens for {} sequences",
                              input.shape[0], batch));
  return {batch, input.shape[1]};
}

Work SelectLast::work(std::span<const Value>, const Value& output, const Step&) const {
  // Reads just the rows that it keeps.
  return {.activation_bytes = 2 * bytes_of(output)};
}

}  // namespace ridgepoint

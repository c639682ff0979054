#include "workloads/ops/rope.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/ops/operands.h"

namespace ridgepoint {

Shape Rope::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 1);
  operands.demand(head_dim > 0 && head_dim % 2 == 0,
                  fmt::format("head_dim must be even and positive, not {}", head_dim));
  operands.demand(inverse_frequencies.size() == static_cast<std::size_t>(head_dim / 2),
                  fmt::format("head_dim {} needs {} frequencies, not {}", head_dim, head_dim / 2,
                              inverse_frequencies.size()));
  for (const double frequency : inverse_frequencies) {
    operands.demand(std::isfinite(frequency), "every frequency must be finite");
  }
  const Value& input = operands.activation(0);
  operands.demand(input.shape[1] % head_dim == 0,
                  fmt::format("the features must be whole heads of {}", head_dim));
  return input.shape;
}

Work Rope::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // A pair: four products, a sum and a difference. Sines and cosines are the same for every layer
  // and head, so they can be tables and are not counted.
  return {.flops = 3 * element_count(output.shape),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

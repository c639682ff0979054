#include "workloads/ops/sample.h"

#include <cmath>

#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

/// SplitMix64 (Steele et al., OOPSLA 2014): increment and finaliser.
std::uint64_t mix(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31U);
}

}  // namespace

double sample_uniform(std::uint64_t seed, std::int64_t position, std::int64_t sequence) {
  const std::uint64_t bits = mix(mix(mix(seed) ^ static_cast<std::uint64_t>(position)) ^
                                 static_cast<std::uint64_t>(sequence));
  return static_cast<double>(bits >> 11U) * 0x1p-53;
}

Shape Sample::output_shape(std::span<const Value> inputs) const {
  const Operands operands(kName, inputs, 1);
  operands.demand(std::isfinite(temperature) && temperature >= 0,
                  "the temperature must be finite and not negative");
  operands.demand(top_k >= 0, "top_k must not be negative");
  return {operands.activation(0).shape[0]};
}

Work Sample::work(std::span<const Value> inputs, const Value& output, const Step&) const {
  // Greedy: a comparison an element. A draw: besides, what top_k leaves is centred, divided by the
  // temperature, exponentiated and summed twice (the total, then the running sum).
  const std::int64_t rows = inputs[0].shape[0], vocabulary = inputs[0].shape[1];
  const std::int64_t kept = temperature == 0                  ? 0
                            : top_k > 0 && top_k < vocabulary ? top_k
                                                              : vocabulary;
  return {.flops = rows * (vocabulary + 5 * kept),
          .activation_bytes = bytes_of(inputs[0]) + bytes_of(output)};
}

}  // namespace ridgepoint

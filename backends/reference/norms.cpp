#include <cmath>

#include "backends/reference/operators.h"

namespace ridgepoint::reference {
namespace {

constexpr std::int64_t kGrain = 4;  // rows

}  // namespace

std::size_t scratch_bytes(const RmsNorm&, const Call& call) {
  return scratch_for<float>(static_cast<std::size_t>(call.output.row_length()));
}

void run(const RmsNorm& op, const Call& call) {
  const Operand& input = call.inputs[0];
  call.pool->for_range(input.rows(), kGrain, [&](std::int64_t begin, std::int64_t end, int part) {
    const auto length = static_cast<std::size_t>(input.row_length());
    const auto weight = call.scratch(part).take<float>(length);
    to_float(call.inputs[1].type, call.inputs[1].row(0), weight);
    for (std::int64_t r = begin; r < end; ++r) {
      const auto x = input.floats(r);
      const auto y = call.output.floats(r);
      double squares = 0.0;
      for (const float each : x) squares += static_cast<double>(each) * static_cast<double>(each);
      const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(length) + op.epsilon);
      for (std::size_t i = 0; i < length; ++i) {
        y[i] = static_cast<float>(static_cast<double>(x[i]) * inverse *
                                  static_cast<double>(weight[i]));
      }
    }
  });
}

std::size_t scratch_bytes(const LayerNorm&, const Call& call) {
  return 2 * scratch_for<float>(static_cast<std::size_t>(call.output.row_length()));
}

void run(const LayerNorm& op, const Call& call) {
  const Operand& input = call.inputs[0];
  call.pool->for_range(input.rows(), kGrain, [&](std::int64_t begin, std::int64_t end, int part) {
    const auto length = static_cast<std::size_t>(input.row_length());
    Scratch scratch = call.scratch(part);
    const auto weight = scratch.take<float>(length);
    const auto bias = scratch.take<float>(length);
    to_float(call.inputs[1].type, call.inputs[1].row(0), weight);
    to_float(call.inputs[2].type, call.inputs[2].row(0), bias);
    for (std::int64_t r = begin; r < end; ++r) {
      const auto x = input.floats(r);
      const auto y = call.output.floats(r);
      double sum = 0.0;
      for (const float each : x) sum += static_cast<double>(each);
      const double mean = sum / static_cast<double>(length);
      double squares = 0.0;
      for (const float each : x) {
        const double centred = static_cast<double>(each) - mean;
        squares += centred * centred;
      }
      const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(length) + op.epsilon);
      for (std::size_t i = 0; i < length; ++i) {
        y[i] = static_cast<float>((static_cast<double>(x[i]) - mean) * inverse *
                                      static_cast<double>(weight[i]) +
                                  static_cast<double>(bias[i]));
      }
    }
  });
}

}  // namespace ridgepoint::reference

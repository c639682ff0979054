#include <cmath>
#include <numbers>

#include "backends/reference/operators.h"

namespace ridgepoint::reference {
namespace {

constexpr std::int64_t kCheapRows = 16;  // a thread's share that is worth waking it
constexpr std::int64_t kDearRows = 2;

/// output[r, i] = f(left[r, i], right[r, i])
template <typename Function>
void combine(const Call& call, std::int64_t grain, Function f) {
  call.pool->for_range(call.output.rows(), grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      const auto left = call.inputs[0].floats(r), right = call.inputs[1].floats(r);
      const auto target = call.output.floats(r);
      for (std::size_t i = 0; i < target.size(); ++i) target[i] = f(left[i], right[i]);
    }
  });
}

double gelu_tanh(double x) {
  const double inner = std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(inner));
}

double gelu_exact(double x) {
  return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
}

}  // namespace

void run(const Add&, const Call& call) {
  combine(call, kCheapRows, [](float left, float right) { return left + right; });
}

void run(const SiluGate&, const Call& call) {
  combine(call, kDearRows, [](float gate, float up) {
    const auto x = static_cast<double>(gate);
    return static_cast<float>(x / (1.0 + std::exp(-x)) * static_cast<double>(up));
  });
}

void run(const Gelu& op, const Call& call) {
  const auto f = op.form == GeluForm::exact ? &gelu_exact : &gelu_tanh;
  call.pool->for_range(
      call.output.rows(), kDearRows, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t r = begin; r < end; ++r) {
          const auto source = call.inputs[0].floats(r), target = call.output.floats(r);
          for (std::size_t i = 0; i < target.size(); ++i) {
            target[i] = static_cast<float>(f(static_cast<double>(source[i])));
          }
        }
      });
}

std::size_t scratch_bytes(const Bias&, const Call& call) {
  return scratch_for<float>(static_cast<std::size_t>(call.output.row_length()));
}

void run(const Bias&, const Call& call) {
  call.pool->for_range(
      call.output.rows(), kCheapRows, [&](std::int64_t begin, std::int64_t end, int part) {
        const auto length = static_cast<std::size_t>(call.output.row_length());
        const auto bias = call.scratch(part).take<float>(length);
        to_float(call.inputs[1].type, call.inputs[1].row(0), bias);
        for (std::int64_t r = begin; r < end; ++r) {
          const auto source = call.inputs[0].floats(r), target = call.output.floats(r);
          for (std::size_t i = 0; i < length; ++i) target[i] = source[i] + bias[i];
        }
      });
}

}  // namespace ridgepoint::reference

// Gaussian error linear unit (Hendrycks and Gimpel, arXiv 1606.08415), in its two customary forms:
//   exact:  x * (1 + erf(x / sqrt(2))) / 2
//   tanh:   x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2        (GPT-2's "gelu_new")
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

enum class GeluForm : std::uint8_t { tanh, exact };

/// Input: activation [rows, features] f32. Output: the same shape.
struct Gelu {
  static constexpr std::string_view kName = "gelu";
  GeluForm form = GeluForm::tanh;
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

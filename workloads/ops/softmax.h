// Softmax over each row: output[i] = exp(x[i] - max) / sum_j exp(x[j] - max). A row may hold minus
// infinity (masked), but not only.
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Input: activation [rows, features] f32. Output: the same shape.
struct Softmax {
  static constexpr std::string_view kName = "softmax";
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

// Bias: output[r, i] = input[r, i] + bias[i].
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: activation [rows, features] f32, weight [features]. Output: the activation's shape.
struct Bias {
  static constexpr std::string_view kName = "bias";
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

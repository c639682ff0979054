// Residual addition: output[r, i] = left[r, i] + right[r, i].
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: two activations [rows, features] f32 of one shape. Output: the same shape.
struct Add {
  static constexpr std::string_view kName = "add";
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

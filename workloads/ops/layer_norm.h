// Layer normalisation (Ba et al., arXiv 1607.06450) over the features of a row, with the variance
// over n elements, not n - 1:
//   output[i] = (x[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i]
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: activation [rows, features] f32, weight [features], bias [features]. Output: the
/// activation's shape.
struct LayerNorm {
  static constexpr std::string_view kName = "layer_norm";
  double epsilon = 1e-5;
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

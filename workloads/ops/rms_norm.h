// Root-mean-square normalisation (Zhang and Sennrich, arXiv 1910.07467) over the features of a row:
//   output[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i]
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: activation [rows, features] f32, weight [features]. Output: the activation's shape.
struct RmsNorm {
  static constexpr std::string_view kName = "rms_norm";
  double epsilon = 1e-5;
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

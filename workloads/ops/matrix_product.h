// Matrix product with a weight matrix stored as [out, in], the layout every checkpoint format uses.
//   output[r, o] = sum_i input[r, i] * weight[o, i]
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: activation [rows, in] f32, weight [out, in] of any type. Output: [rows, out] f32.
struct MatrixProduct {
  static constexpr std::string_view kName = "matrix_product";
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

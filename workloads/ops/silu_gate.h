// The gate of a SwiGLU feed-forward (Shazeer, arXiv 2002.05202):
//   output = silu(gate) * up,  silu(x) = x / (1 + exp(-x))
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: gate and up, activations [rows, features] f32 of one shape. Output: the same shape.
struct SiluGate {
  static constexpr std::string_view kName = "silu_gate";
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

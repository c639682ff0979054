// Learned positions (GPT-2): output[r, i] = input[r, i] + table[past + token(r), i].
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: activation [batch * tokens, features] f32, weight [positions, features] of any type.
/// Output: the activation's shape. `past + tokens` beyond the table is refused when it is run.
struct PositionEmbedding {
  static constexpr std::string_view kName = "position_embedding";
  Shape output_shape(std::span<const Value> inputs) const;
  /// Every sequence reads the same rows of the table, so they count once.
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

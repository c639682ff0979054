// Token embedding: output[r, :] = table[tokens[r], :]. A lookup: no FLOPs, and of the table only
// the rows that are read.
#pragma once

#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: tokens i32 [rows], weight [vocabulary, features] of any type. Output: [rows, features]
/// f32. A token outside the vocabulary is refused when it is run.
struct Embedding {
  static constexpr std::string_view kName = "embedding";
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

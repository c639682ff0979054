// The last token's row of every sequence: output[s, :] = input[s * tokens + tokens - 1, :]. What
// comes after needs no other row when only the next token is asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Input: activation [batch * tokens, features] f32. Output: [batch, features].
struct SelectLast {
  static constexpr std::string_view kName = "select_last";
  std::int64_t batch = 1;
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

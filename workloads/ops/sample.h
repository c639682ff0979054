// Choice of the next token from logits. Greedy at temperature 0: the largest, the lowest index
// among equals. Otherwise a draw from softmax(logits / temperature) over the top_k largest (ties:
// lower indices first), in this order of arithmetic, so that every backend can draw the same token:
//   w[i] = exp((logit[i] - max) / temperature) in float64, i ascending over what top_k left;
//   the token is the first i whose running sum of w exceeds uniform * (sum of all w).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Input: logits [batch, vocabulary] f32. Output: i32 [batch].
struct Sample {
  static constexpr std::string_view kName = "sample";
  double temperature = 0.0;  ///< 0: greedy
  std::int64_t top_k = 0;    ///< 0: all
  std::uint64_t seed = 0;
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

/// The draw for one token: in [0, 1), 53 bits, a function of its three arguments only (counter
/// based: SplitMix64's finaliser over each in turn). `position` is the drawn token's own:
/// past + tokens.
double sample_uniform(std::uint64_t seed, std::int64_t position, std::int64_t sequence);

}  // namespace ridgepoint

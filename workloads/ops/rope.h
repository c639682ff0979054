// Rotary position embedding (RoFormer, arXiv 2104.09864): rotates pairs of each head's elements by
// position * inverse_frequency. The two pairings in use are the same map up to a permutation of
// rows of Wq and Wk, which is why checkpoints exist in both.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

enum class RopePairing : std::uint8_t {
  adjacent,  ///< (x[2i], x[2i+1]): GGUF's llama architecture
  halves,    ///< (x[i], x[i + head_dim/2]): Hugging Face, GGUF's qwen2
};

/// Input: [rows, heads * head_dim] f32. Output: the same shape. Position of a row: step.past +
/// token.
struct Rope {
  static constexpr std::string_view kName = "rope";
  std::int64_t head_dim = 0;
  RopePairing pairing = RopePairing::adjacent;
  std::vector<double> inverse_frequencies;  ///< head_dim / 2 of them
  Shape output_shape(std::span<const Value> inputs) const;
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

// Causal attention with grouped heads over a KV cache (Vaswani et al., arXiv 1706.03762; grouped
// heads: Ainslie et al., arXiv 2305.13245). The query at position p = past + token sees the cached
// positions 0 .. p, its own among them, so keys and values are appended before.
//   s[j] = scale * sum_d q[h, d] * K[j, h / (heads / kv_heads), d]            j <= p
//   output[h, d] = sum_j softmax(s)[j] * V[j, h / (heads / kv_heads), d]
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: query [batch * tokens, heads * head_dim] f32; key cache and value cache, each
/// [batch, capacity, kv_heads * head_dim] in one type. Output: the query's shape, f32.
struct Attention {
  static constexpr std::string_view kName = "attention";
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;  ///< divides heads
  std::int64_t head_dim = 0;
  double scale = 1.0;  ///< usually head_dim^-1/2
  Shape output_shape(std::span<const Value> inputs) const;
  /// Counts the live part of the cache only, and of the score matrix only the causal triangle.
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

// Appends the new tokens' keys (or values) to a KV cache, converting them to the cache's type:
//   cache[s, past + t, :] = input[s * tokens + t, :]
// Its output is the cache itself under another name, so that what reads the cache afterwards takes
// it as an input and the order is plain in the graph. No bytes stand behind the output: ask
// Graph::storage for the cache value whose bytes it is.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

/// Inputs: activation [batch * tokens, features] f32, cache [batch, capacity, features] of a type
/// that holds KV (workloads/tensor/kv_type.h). Output: the cache's shape and type, an alias of it.
struct KvAppend {
  static constexpr std::string_view kName = "kv_append";
  static constexpr std::size_t kCacheInput = 1;  ///< the input that the output is an alias of
  Shape output_shape(std::span<const Value> inputs) const;
  /// Bytes written to the cache count as KV bytes.
  Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
};

}  // namespace ridgepoint

// What one pass of a model must do, apart by what decides how long it takes: the weights, read once
// for all sequences; the KV cache, read for each; and arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/graph/graph.h"
#include "workloads/models/lower.h"

namespace ridgepoint {

struct StepWork {
  std::int64_t rows = 1;  ///< activations' rows: batch * tokens
  std::int64_t past = 0;  ///< tokens that each sequence's cache holds before
  std::int64_t weight_bytes = 0;
  std::int64_t kv_bytes = 0;
  std::int64_t product_flops = 0;    ///< of matrix products
  std::int64_t attention_flops = 0;  ///< of attention over the cache
  bool operator==(const StepWork&) const = default;
};

StepWork step_work(const Graph& graph, std::int64_t past);

/// The passes that a session makes of a prompt of `tokens` a sequence after `depth` others: pieces
/// of at most `piece_rows` rows.
std::vector<StepWork> prefill_work(const Model& model, const Phase& phase, std::int64_t tokens,
                                   std::int64_t depth, std::int64_t piece_rows);

}  // namespace ridgepoint

// Lowering: a model and a phase in, one graph out. One source file per architecture family.
#pragma once

#include <cstdint>

#include "workloads/graph/graph.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// Which positions get logits. `none` suits the pieces of a long prompt before its last: they only
/// fill the cache, and the graph has no outputs.
enum class LogitRows : std::uint8_t { last, all, none };

struct Phase {
  std::int64_t batch = 1;
  std::int64_t tokens = 1;    ///< new tokens a sequence in one run
  std::int64_t capacity = 0;  ///< tokens a sequence's cache holds
  Type kv_type = Type::f16;
  LogitRows logits = LogitRows::last;
};

/// Names of the graph's ends. tokens: i32 [batch * tokens]; logits: f32 [batch (* tokens), vocab];
/// next: i32 [batch], greedy, only with LogitRows::last.
inline constexpr std::string_view kTokensInput = "tokens";
inline constexpr std::string_view kLogitsOutput = "logits";
inline constexpr std::string_view kNextOutput = "next";

/// Error when the architecture cannot be lowered (mixture of experts) or a tensor is missing or has
/// another shape than the config implies, or when the capacity exceeds a hard limit of the model
/// (learned positions, a sliding window).
Graph lower(const Model& model, const Phase& phase);

}  // namespace ridgepoint

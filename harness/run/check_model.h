// Checks a model's session: it is emptied and fed a check prompt (at least 8 tokens, more while the
// reference would take less than about a second), then 4 given tokens one by one; the logits of
// each position are compared. A batch gets two different prompts in turn, so that a sequence that
// reads its neighbour's cache shows.
#pragma once

#include <cstdint>

#include "backends/backend.h"
#include "backends/session.h"
#include "harness/run/case_context.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct CheckPlan {
  std::int64_t tokens = 8;   ///< of the check prompt
  std::int64_t steps = 4;    ///< decode steps after it
  std::int64_t prompts = 1;  ///< different ones: 1, or 2 for a batch
  std::int64_t flops = 0;    ///< that the reference needs
  /// Tokens that a session must be able to hold.
  [[nodiscard]] std::int64_t capacity() const { return tokens + steps; }
};

/// How much of a case is worth checking; no more than the model's context holds.
CheckPlan plan_check(const Model& model, const Case& subject);

/// Empties the session. Sends the details; returns ok, wrong, or mistrusted when the reference
/// cannot say in the time that is left. Without a stored answer the reference's own session is open
/// meanwhile, of the plan's capacity.
CaseResult check_session(const CaseContext& context, const Backend& backend, Session& session,
                         const Model& model, const CheckPlan& plan);

}  // namespace ridgepoint

// Checks a model's session: it is emptied and, for a case with a depth, fed a past; then a check
// prompt (at least 8 tokens, more while the reference would take less than about a second), then 4
// given tokens one by one; the logits of the prompt's end and of each step are compared. A batch
// gets two different prompts in turn, so that a sequence that reads its neighbour's cache shows.
// After that, what was chosen while it was measured is looked at (check_choices.h).
//
// The past is as deep as the case, but no deeper than the reference fills on one thread in about 8
// seconds, a batch's two together: over 1000 tokens of a model of 6 million parameters, a few tens
// of one of a thousand million. What lies deeper has not been compared, and the record says where
// that begins ("checked_depth").
#pragma once

#include <cstdint>
#include <span>

#include "backends/backend.h"
#include "backends/session.h"
#include "harness/run/case_context.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct CheckPlan {
  std::int64_t past = 0;     ///< tokens in the cache before the check prompt
  std::int64_t tokens = 8;   ///< of the check prompt
  std::int64_t steps = 4;    ///< decode steps after it
  std::int64_t prompts = 1;  ///< different ones: 1, or 2 for a batch
  double past_seconds = 0;   ///< that one thread of the reference needs for the past
  double seconds = 0;        ///< and for what follows it
  /// Tokens that a session must be able to hold.
  [[nodiscard]] std::int64_t capacity() const { return past + tokens + steps; }
};

/// How much of a case is worth checking; no more than the model's context holds.
CheckPlan plan_check(const Model& model, const Case& subject);
/// The same without a past.
CheckPlan without_past(CheckPlan plan);

/// Empties the session. Sends the details; returns ok, wrong, or mistrusted when the reference
/// cannot say in the time that is left, not even without the past. Without a stored answer the
/// reference's own session is open meanwhile, of the plan's capacity. `chosen`: the tokens of a
/// repetition, [steps, batch]; empty when none was completed.
CaseResult check_session(const CaseContext& context, const Backend& backend, Session& session,
                         const Model& model, const CheckPlan& plan,
                         std::span<const std::int32_t> chosen);

}  // namespace ridgepoint

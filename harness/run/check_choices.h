// Checks the tokens that a measured repetition chose: the reference is fed the same past, prompt
// and tokens, and what was chosen at each step must be as good as its own choice, within the
// tolerance. So an engine that leaves its work out once nobody looks is seen by what it answered
// while it was timed.
//
// The reference has to compute every token before and between the choices, so only as many are
// checked as it computes in about three seconds; the record says how many of how many.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "backends/backend.h"
#include "harness/run/case_context.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// How many of the chosen tokens of each sequence are worth checking, and how many sequences.
struct ChoicePlan {
  std::int64_t choices = 0;
  std::int64_t sequences = 1;  ///< the first, or the first and the last of a batch
  double seconds = 0;          ///< that one thread of the reference needs
};
ChoicePlan plan_choices(const Model& model, const Case& subject, std::int64_t chosen);

/// `tolerance` is that of logits; `chosen` is [steps, batch], of a repetition that was completed.
/// Adds to `details`. ok, wrong, or interrupted; nothing is checked, and the details say so, where
/// nothing was chosen, where it would take too long, and for the reference itself.
CaseResult check_choices(const CaseContext& context, const Backend& backend, const Model& model,
                         double tolerance, std::span<const std::int32_t> chosen,
                         nlohmann::json& details);

}  // namespace ridgepoint

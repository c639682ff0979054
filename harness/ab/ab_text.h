// An A/B in words: a line as it goes, and what it came to.
#pragma once

#include <string>

#include "harness/ab/ab_evaluation.h"
#include "harness/ab/ab_options.h"
#include "harness/ab/ab_run.h"
#include "results/ab_session.h"

namespace ridgepoint {

/// "12 pairs: B -0.3 % (-1.1 % to +0.6 %), 61 % of the evidence for a verdict; 2 % needs about 16
/// more pairs (20 s)". Without forecasts when `forecast` is false (they cost some milliseconds).
std::string progress_text(const AbEvaluation& evaluation, const AbOptions& options,
                          const AbProgress& progress, bool forecast);

/// The verdict in one sentence, then a line a figure, then how it was measured and how to go on.
/// `database` is named in the command that goes on; empty: the usual one.
std::string ab_table(const AbSession& session, const AbOptions& options,
                     const std::string& database = {});
/// What one pastes into a merge request.
std::string ab_markdown(const AbSession& session, const AbOptions& options,
                        const std::string& database = {});
/// docs/formats.md describes it.
std::string ab_json(const AbSession& session, const AbOptions& options);

}  // namespace ridgepoint

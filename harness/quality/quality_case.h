// Measures a quality case: a text's windows through a session, token by token against what
// followed, and against a baseline's logits. Window by window and in pieces of rows, so that memory
// stays bounded whatever the text and the vocabulary.
#pragma once

#include <cstdint>

#include "harness/run/case_context.h"

namespace ridgepoint {

/// Logits that are in memory at once, of the model and of the baseline each.
inline constexpr std::int64_t kMostLogitBytes = std::int64_t{32} << 20;

/// The series of results/quality_metrics.h, window by window. A time limit that comes before the
/// end of the text leaves the windows until then, mistrusted. Logits that are not finite: wrong.
/// Error when the model, text, tokenizer, baseline or backend cannot be opened.
CaseResult measure_quality_case(const CaseContext& context);

/// Error where measure_quality_case would have one before it computes anything.
void check_quality_case(const Case& subject);

}  // namespace ridgepoint

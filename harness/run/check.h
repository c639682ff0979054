// Whether a backend computes what it should: its outputs against the reference's on the same
// weights and inputs, or against an answer of the reference that was stored before. Fast and wrong
// is an outcome, not a result. This header is what checks of models and of operators share.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "backends/backend.h"
#include "harness/run/case_context.h"

namespace ridgepoint {

inline constexpr std::string_view kReferenceBackend = "reference";
/// The same, with the roundings that fast backends are allowed: not the truth, but a measure for
/// how far from it those lead.
inline constexpr std::string_view kRoundingReference = "reference:activations=rounded";

bool is_reference(const Backend& backend);

/// Under one key the reference always gives the same bits: same program, same processor (whose
/// mathematical library may choose by instruction set), same question.
std::string answer_key(std::string_view kind, const Backend& reference,
                       const nlohmann::json& question);
std::string find_answer(const CaseContext& context, const std::string& key);  ///< empty: none
void put_answer(const CaseContext& context, const std::string& key, const std::string& value);

/// Why the reference cannot answer before the case's time limit; empty when it can. `seconds`: what
/// it needs on one thread.
std::string too_slow(const CaseContext& context, double seconds);
/// At what pace one thread of the reference is assumed to compute, at the least.
inline constexpr double kReferenceFlopsPerSecond = 2e9;

/// Says in the details why nothing was compared, which is as it should be: ok.
CaseResult skip_check(const CaseContext& context, std::string_view why);
/// Nothing was compared although it should have been: mistrusted.
CaseResult cannot_check(const CaseContext& context, std::string why);
/// Sends details, the outcome among them, and the error as a metric when they hold one.
CaseResult finish_check(const CaseContext& context, nlohmann::json details, CaseResult result);

}  // namespace ridgepoint

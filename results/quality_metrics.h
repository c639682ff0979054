// Quality: what the samples of a quality case say, token by token: how well a model predicts a
// text, and how far it is from a baseline. Definitions and sources: docs/quality.md.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "results/record.h"
#include "results/statistics/clustered_estimate.h"

namespace ridgepoint {

/// The series of a quality case. Windows come one after the other in the order of the text; a
/// series of tokens holds the scored ones of the first window, then those of the second, and so on.
struct QualitySeriesSpec {
  std::string_view name;  ///< "quality.nll_pnat"
  std::string_view unit;
  std::string_view definition;  ///< one sentence
};
std::span<const QualitySeriesSpec> quality_series();

inline constexpr std::string_view kQualityTokens = "quality.tokens";
inline constexpr std::string_view kQualityBytes = "quality.bytes";
inline constexpr std::string_view kQualityNll = "quality.nll_pnat";
inline constexpr std::string_view kQualityBaselineNll = "quality.baseline_nll_pnat";
inline constexpr std::string_view kQualityKl = "quality.kl_pnat";
inline constexpr std::string_view kQualitySameTop = "quality.same_top";
inline constexpr std::string_view kQualityGreedyPrefix = "quality.greedy_prefix";
inline constexpr std::string_view kQualityGreedyEqual = "quality.greedy_equal";

/// Samples are whole numbers: nats are kept in units of 10^-12.
inline constexpr double kPicoNatsInANat = 1e12;

/// Puts in every figure that the samples support, each with its standard error. A window whose
/// tokens did not all arrive is left out.
void derive_quality_metrics(const Case& subject, Measurement& measurement);

/// What B's bits_per_byte or kl_mean is above A's, with the error of the difference: of the pairs
/// where both predicted the same tokens, else of both errors. Empty for other metrics, and where
/// one of them is not there.
std::optional<ClusteredEstimate> quality_difference(std::string_view metric, const Measurement& a,
                                                    const Measurement& b);

}  // namespace ridgepoint

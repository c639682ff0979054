#include "harness/quality/row_quality.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ridgepoint {
namespace {

/// ln of the sum of exp, shifted by the largest so that nothing overflows.
double log_sum_exp(std::span<const float> logits) {
  const auto largest = static_cast<double>(*std::ranges::max_element(logits));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  return largest + std::log(sum);
}

bool all_finite(std::span<const float> logits) {
  return std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); });
}

}  // namespace

RowQuality judge_row(std::span<const float> logits, std::int32_t target) {
  RowQuality row;
  row.finite = all_finite(logits);
  if (!row.finite) return row;
  row.normaliser = log_sum_exp(logits);
  row.nll = row.normaliser - static_cast<double>(logits[static_cast<std::size_t>(target)]);
  return row;
}

RowDifference compare_row(std::span<const float> logits, const RowQuality& own,
                          std::span<const float> baseline, std::int32_t target) {
  RowDifference difference;
  difference.baseline = judge_row(baseline, target);
  if (!difference.baseline.finite) return difference;
  double kl = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double log_p = static_cast<double>(baseline[i]) - difference.baseline.normaliser;
    const double log_q = static_cast<double>(logits[i]) - own.normaliser;
    kl += std::exp(log_p) * (log_p - log_q);
  }
  // Rounding alone may take equal rows below 0.
  difference.kl = std::max(0.0, kl);
  difference.same_top = std::ranges::max_element(logits) - logits.begin() ==
                        std::ranges::max_element(baseline) - baseline.begin();
  return difference;
}

}  // namespace ridgepoint

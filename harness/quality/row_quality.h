// What one row of logits says about the token that followed, and how far it is from a baseline's
// row. All arithmetic in float64 over float32 logits.
#pragma once

#include <cstdint>
#include <span>

namespace ridgepoint {

struct RowQuality {
  bool finite = true;     ///< every logit; else nothing below means anything
  double nll = 0;         ///< -ln p(target), nats
  double normaliser = 0;  ///< ln of the sum of exp over the row
};
/// Softmax over `logits`; `target` is one of them.
RowQuality judge_row(std::span<const float> logits, std::int32_t target);

struct RowDifference {
  RowQuality baseline;
  double kl = 0;  ///< sum of p ln(p/q), nats, p the baseline's; never below 0
  bool same_top = false;
};
/// `own` is judge_row's of `logits`, and finite. Where baseline.finite is not, nothing else is set.
RowDifference compare_row(std::span<const float> logits, const RowQuality& own,
                          std::span<const float> baseline, std::int32_t target);

}  // namespace ridgepoint

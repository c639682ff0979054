// Quantiles that do not promise more than the sample can support. A claim about the p-quantile is
// made only when a distribution-free 95 % upper confidence bound for it exists among the samples,
// that is when 1 - p^n >= 0.95 (Wilks 1941); otherwise the count that would support it is given.
// All of it assumes independent samples; docs/metrics.md says where that is only nearly so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ridgepoint {

inline constexpr double kClaimConfidence = 0.95;

/// Smallest n with 1 - p^n >= kClaimConfidence: 5 for the median, 59 for p95, 299 for p99.
/// 0 < p < 1.
std::int64_t samples_needed(double p);

/// Type-7 (linear interpolation) quantile of unsorted samples; requires at least one.
double quantile(std::span<const std::int64_t> samples, double p);
double median(std::span<const std::int64_t> samples);
/// The same for real values, such as rates of repetitions.
double median(std::span<const double> values);

struct QuantileClaim {
  std::optional<double> value;  ///< empty: refused
  std::optional<double> upper;  ///< the bound behind it: at or above the true quantile, 95 % sure
  std::int64_t needed = 0;      ///< samples that would support the claim
  std::int64_t count = 0;
};
QuantileClaim claim_quantile(std::span<const std::int64_t> samples, double p);

/// Distribution-free interval of the median from order statistics (binomial), at least 95 %.
struct Interval {
  double low = 0, high = 0;
};
/// Empty below n = 6.
std::optional<Interval> median_interval(std::span<const std::int64_t> samples);

}  // namespace ridgepoint

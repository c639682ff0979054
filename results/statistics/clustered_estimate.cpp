#include "results/statistics/clustered_estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ridgepoint {
namespace {

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

/// Variance of the sum of residuals, which add up to 0.
double variance_of_sum(std::span<const double> residuals) {
  const std::size_t n = residuals.size();
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = lag; i < n; ++i) sum += residuals[i] * residuals[i - lag];
    return sum;
  };
  const double alone = covariance(0);
  const auto bandwidth =
      static_cast<std::size_t>(std::floor(4 * std::pow(static_cast<double>(n) / 100, 2.0 / 9)));
  double together = alone;
  for (std::size_t lag = 1; lag <= bandwidth && lag < n; ++lag) {
    const double weight = 1 - static_cast<double>(lag) / static_cast<double>(bandwidth + 1);
    together += 2 * weight * covariance(lag);
  }
  const auto count = static_cast<double>(n);
  return std::max(alone, together) * count / (count - 1);
}

/// Of sorted values.
double sorted_quantile(std::span<const double> sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = place - static_cast<double>(below);
  // Equal neighbours stay what they are, infinite ones too.
  if (part == 0 || sorted[below] == sorted[below + 1]) return sorted[below];
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

}  // namespace

ClusteredEstimate ratio_of_sums(std::span<const double> numerators,
                                std::span<const double> denominators) {
  ClusteredEstimate estimate;
  const double total = sum_of(denominators);
  if (numerators.size() != denominators.size() || !(total > 0)) {
    estimate.value = std::numeric_limits<double>::quiet_NaN();
    return estimate;
  }
  estimate.value = sum_of(numerators) / total;
  if (numerators.size() < kFewestClusters) return estimate;
  std::vector<double> residuals;
  residuals.reserve(numerators.size());
  for (std::size_t i = 0; i < numerators.size(); ++i) {
    residuals.push_back(numerators[i] - estimate.value * denominators[i]);
  }
  estimate.standard_error = std::sqrt(variance_of_sum(residuals)) / total;
  return estimate;
}

ClusteredEstimate clustered_quantile(std::span<const double> values,
                                     std::span<const std::int64_t> counts, double p) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  ClusteredEstimate estimate{.value = sorted_quantile(sorted, p), .standard_error = std::nullopt};
  if (counts.size() < kFewestClusters) return estimate;
  std::vector<double> below;
  std::vector<double> sizes;
  std::size_t from = 0;
  for (const std::int64_t count : counts) {
    const auto part = values.subspan(from, static_cast<std::size_t>(count));
    from += part.size();
    below.push_back(static_cast<double>(
        std::ranges::count_if(part, [&](double value) { return value <= estimate.value; })));
    sizes.push_back(static_cast<double>(count));
  }
  const auto share = ratio_of_sums(below, sizes);
  if (!share.standard_error) return estimate;
  const double low = p - *share.standard_error;
  const double high = p + *share.standard_error;
  const double under = estimate.value - sorted_quantile(sorted, std::max(low, 0.0));
  const double over = sorted_quantile(sorted, std::min(high, 1.0)) - estimate.value;
  estimate.standard_error = low < 0 || high > 1 ? std::max(under, over) : (under + over) / 2;
  return estimate;
}

}  // namespace ridgepoint

#include "results/statistics/quantile.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ridgepoint {
namespace {

void require_probability(double p) {
  if (!(p > 0 && p < 1)) throw std::invalid_argument("quantile: p must lie between 0 and 1");
}

template <class Value>
double type7(std::vector<Value> values, double p) {
  if (values.empty()) throw std::invalid_argument("quantile: needs at least one sample");
  const double position = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  const auto low = static_cast<double>(*at);
  const double fraction = position - static_cast<double>(below);
  if (fraction <= 0) return low;
  const auto high = static_cast<double>(*std::min_element(at + 1, values.end()));
  return low + (high - low) * fraction;
}

template <class Value>
std::vector<Value> copied(std::span<const Value> values) {
  return {values.begin(), values.end()};
}

/// Smallest k with P(Binomial(n, p) <= k) >= probability. The mass is summed where it matters,
/// outwards from the mode, so that a million samples cost a few thousand terms and no underflow.
std::int64_t binomial_quantile(std::int64_t n, double p, double probability) {
  const auto size = static_cast<double>(n);
  const auto mode = std::min(n, static_cast<std::int64_t>(std::floor((size + 1) * p)));
  constexpr double kNegligible = 1e-18;
  const double odds = p / (1 - p);
  std::vector<double> downwards, upwards;  // relative to the mode, whose mass is 1
  double mass = 1;
  for (std::int64_t k = mode; k > 0 && mass > kNegligible; --k) {
    mass *= static_cast<double>(k) / (static_cast<double>(n - k + 1) * odds);
    downwards.push_back(mass);
  }
  mass = 1;
  for (std::int64_t k = mode; k < n && mass > kNegligible; ++k) {
    mass *= static_cast<double>(n - k) * odds / static_cast<double>(k + 1);
    upwards.push_back(mass);
  }
  double total = 1;
  for (const double part : downwards) total += part;
  for (const double part : upwards) total += part;
  double below = 0;
  std::int64_t k = mode - static_cast<std::int64_t>(downwards.size());
  for (auto part = downwards.rbegin(); part != downwards.rend(); ++part, ++k) {
    below += *part;
    if (below >= probability * total) return k;
  }
  below += 1;
  for (const double part : upwards) {
    if (below >= probability * total) return k;
    ++k;
    below += part;
  }
  return k;
}

double order_statistic(std::span<const std::int64_t> samples, std::int64_t rank_from_one) {
  std::vector<std::int64_t> values = copied(samples);
  const auto at = values.begin() + (rank_from_one - 1);
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

}  // namespace

std::int64_t samples_needed(double p) {
  require_probability(p);
  const double ratio = std::log(1 - kClaimConfidence) / std::log(p);
  // A ratio that is whole but for rounding is whole: p = 0.05 needs one sample.
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(ratio - 1e-9)));
}

double quantile(std::span<const std::int64_t> samples, double p) {
  require_probability(p);
  return type7(copied(samples), p);
}

double median(std::span<const std::int64_t> samples) {
  return type7(copied(samples), 0.5);
}

double median(std::span<const double> values) {
  return type7(copied(values), 0.5);
}

QuantileClaim claim_quantile(std::span<const std::int64_t> samples, double p) {
  QuantileClaim claim;
  claim.needed = samples_needed(p);
  claim.count = static_cast<std::int64_t>(samples.size());
  if (claim.count < claim.needed) return claim;
  claim.value = quantile(samples, p);
  // The k-th smallest lies at or above the p-quantile unless k or more samples fell below it.
  const std::int64_t rank =
      std::min(claim.count, binomial_quantile(claim.count, p, kClaimConfidence) + 1);
  claim.upper = order_statistic(samples, rank);
  return claim;
}

std::optional<Interval> median_interval(std::span<const std::int64_t> samples) {
  const auto n = static_cast<std::int64_t>(samples.size());
  if (n < 6) return std::nullopt;
  // Symmetric: each side is missed with at most half of what may be missed.
  const std::int64_t upper = binomial_quantile(n, 0.5, (1 + kClaimConfidence) / 2) + 1;
  const std::int64_t rank = std::min(upper, n);
  return Interval{order_statistic(samples, n + 1 - rank), order_statistic(samples, rank)};
}

}  // namespace ridgepoint

#include "profiler/ceilings/estimate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ridgepoint::ceilings {
namespace {

/// How many samples at either end lie outside the interval: the largest count k for which fewer
/// than k of n fair coins fall on one side with a probability of at most 2.5 %.
std::size_t samples_outside(std::size_t n) {
  if (n > 500) {  // where 0.5^n leaves the range of a double, the normal distribution is close
    const double count = static_cast<double>(n);
    return static_cast<std::size_t>((count - 1.96 * std::sqrt(count)) / 2);
  }
  double probability = std::pow(0.5, static_cast<double>(n)), sum = 0;
  std::size_t outside = 0;
  for (std::size_t k = 0; k < n / 2; ++k) {
    sum += probability;
    if (sum > 0.025) break;
    outside = k + 1;
    probability *= static_cast<double>(n - k) / static_cast<double>(k + 1);
  }
  return outside;
}

}  // namespace

Estimate estimate_median(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const std::size_t n = samples.size();
  const std::size_t outside = samples_outside(n);
  const std::size_t first = outside == 0 ? 0 : outside - 1;
  return {(samples[(n - 1) / 2] + samples[n / 2]) / 2, samples[first], samples[n - 1 - first]};
}

Estimate estimate_best(std::span<const std::vector<double>> rounds, Best best) {
  std::vector<Estimate> estimates;
  for (const std::vector<double>& round : rounds) {
    if (!round.empty()) estimates.push_back(estimate_median(round));
  }
  if (estimates.empty()) return {};
  // The best first.
  std::ranges::stable_sort(estimates, [best](const Estimate& a, const Estimate& b) {
    return best == Best::highest ? a.value > b.value : a.value < b.value;
  });
  Estimate chosen = estimates.front();
  const double middle = estimates[estimates.size() / 2].value;
  chosen.low = std::min(chosen.low, middle);
  chosen.high = std::max(chosen.high, middle);
  return chosen;
}

}  // namespace ridgepoint::ceilings

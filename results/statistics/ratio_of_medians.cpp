#include "results/statistics/ratio_of_medians.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "results/statistics/distributions.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kFewest = 5;

/// P(Binomial(n, 1/2) < k) for k not above n / 2.
double binomial_below(std::size_t n, std::size_t k) {
  double log_choose = 0;
  double total = 0;
  for (std::size_t i = 0; i < k; ++i) {
    total += std::exp(log_choose - static_cast<double>(n) * std::log(2.0));
    log_choose += std::log(static_cast<double>(n - i) / static_cast<double>(i + 1));
  }
  return total;
}

/// Variance of the median: two order statistics enclose it with a known probability, and a normal
/// estimate with this error would be enclosed as often.
double median_variance(std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = values.size();
  const auto count = static_cast<double>(n);
  const auto rank =
      static_cast<std::size_t>(std::max(1.0, std::round((count + 1) / 2 - std::sqrt(count))));
  const double reach = normal_upper_quantile(binomial_below(n, rank));
  const double error = (values[n - rank] - values[rank - 1]) / (2 * reach);
  return error * error;
}

}  // namespace

MedianRatio ratio_of_medians(std::span<const double> logs_a, std::span<const double> logs_b,
                             double alpha) {
  MedianRatio ratio;
  const double difference = median(logs_b) - median(logs_a);
  ratio.value = std::exp(difference);
  if (logs_a.size() < kFewest || logs_b.size() < kFewest) return ratio;
  const double error = std::sqrt(median_variance({logs_a.begin(), logs_a.end()}) +
                                 median_variance({logs_b.begin(), logs_b.end()}));
  const double reach = normal_upper_quantile(alpha / 2) * error;
  ratio.interval = Interval{std::exp(difference - reach), std::exp(difference + reach)};
  return ratio;
}

}  // namespace ridgepoint

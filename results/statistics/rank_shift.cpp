#include "results/statistics/rank_shift.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "results/statistics/distributions.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kExactUpTo = 12;

bool is_exact(std::size_t count_a, std::size_t count_b) {
  return count_a <= kExactUpTo && count_b <= kExactUpTo;
}

struct Normal {
  double mean, deviation;
};

Normal approximation(std::size_t count_a, std::size_t count_b) {
  const auto n = static_cast<double>(count_a);
  const auto m = static_cast<double>(count_b);
  // Without the correction for ties: they only make the true deviation smaller.
  return {n * m / 2, std::sqrt(n * m * (n + m + 1) / 12)};
}

/// How many of the orders of a and b give each U: the coefficients of the Gaussian binomial
/// (n + m over n), a product of (1 - q^(m + i)) / (1 - q^i).
std::vector<double> orders_by_u(std::size_t n, std::size_t m) {
  std::vector<double> counts(n * m + 1);
  counts[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t u = counts.size(); u-- > m + i;) counts[u] -= counts[u - m - i];
    for (std::size_t u = i; u < counts.size(); ++u) counts[u] += counts[u - i];
  }
  return counts;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

/// The value that would stand at `rank` (from 0) if the values were sorted; moves them about.
double ranked(std::vector<double>& values, std::size_t rank) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double median_by_selection(std::vector<double>& values) {
  const std::size_t half = values.size() / 2;
  const double high = ranked(values, half);
  if (values.size() % 2 == 1) return high;
  return (*std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half)) +
          high) /
         2;
}

}  // namespace

double mann_whitney_lower_tail(std::size_t count_a, std::size_t count_b, double u) {
  if (u < 0) return 0;
  const double pairs = static_cast<double>(count_a) * static_cast<double>(count_b);
  if (u >= pairs) return 1;
  if (is_exact(count_a, count_b)) {
    const std::vector<double> counts = orders_by_u(count_a, count_b);
    // A half, from a tie, is rounded up: the tail only gets heavier.
    const auto last = static_cast<std::size_t>(std::ceil(u));
    double below = 0;
    for (std::size_t i = 0; i <= last; ++i) below += counts[i];
    return below / sum(counts);
  }
  const Normal law = approximation(count_a, count_b);
  return normal_upper_tail((law.mean - u - 0.5) / law.deviation);
}

std::optional<std::size_t> mann_whitney_rank(std::size_t count_a, std::size_t count_b,
                                             double alpha) {
  if (is_exact(count_a, count_b)) {
    const std::vector<double> counts = orders_by_u(count_a, count_b);
    const double allowed = alpha / 2 * sum(counts);
    double below = 0;
    std::size_t rank = 0;
    while (rank < counts.size() / 2 && below + counts[rank] <= allowed) below += counts[rank++];
    return rank == 0 ? std::nullopt : std::optional(rank);
  }
  const Normal law = approximation(count_a, count_b);
  const double rank = std::floor(law.mean + 0.5 - normal_upper_quantile(alpha / 2) * law.deviation);
  return rank < 1 ? std::nullopt : std::optional(static_cast<std::size_t>(rank));
}

Shift rank_shift(std::span<const double> a, std::span<const double> b, double alpha,
                 double margin) {
  if (a.empty() || b.empty()) throw std::invalid_argument("rank_shift: needs a value a side");
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double low : a) {
    for (const double high : b) differences.push_back(high - low);
  }
  Shift shift;
  // U of the shifted samples counts the differences beyond the margin, ties as a half.
  double above = 0;
  double below = 0;
  for (const double difference : differences) {
    above += difference < margin ? 1 : difference == margin ? 0.5 : 0;
    below += difference > -margin ? 1 : difference == -margin ? 0.5 : 0;
  }
  shift.p_above = mann_whitney_lower_tail(a.size(), b.size(), above);
  shift.p_below = mann_whitney_lower_tail(a.size(), b.size(), below);
  shift.estimate = median_by_selection(differences);
  if (const auto rank = mann_whitney_rank(a.size(), b.size(), alpha)) {
    const double low = ranked(differences, *rank - 1);
    shift.interval = Interval{low, ranked(differences, differences.size() - *rank)};
  }
  return shift;
}

}  // namespace ridgepoint

#include "results/statistics/distributions.h"

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ridgepoint {
namespace {

/// Continued fraction of the incomplete beta function by Lentz's method; converges fast for
/// x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMostTerms = 500;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int i = 1; i <= kMostTerms; ++i) {
    const double m = i;
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return fraction;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double normal_upper_tail(double z) {
  return std::erfc(z / std::numbers::sqrt2) / 2;
}

double normal_upper_quantile(double p) {
  if (!(p > 0 && p < 1)) throw std::invalid_argument("upper_quantile: p lies between 0 and 1");
  if (p > 0.5) return -normal_upper_quantile(1 - p);
  // The tail is convex right of 0, so that Newton's steps approach the root from the left only.
  double z = 0;
  for (int i = 0; i < 200; ++i) {
    const double density = std::exp(-z * z / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    const double step = (normal_upper_tail(z) - p) / density;
    z += step;
    if (step < 1e-13) break;
  }
  return z;
}

double student_upper_tail(double t, double freedom) {
  if (!(freedom > 0)) throw std::invalid_argument("student_upper_tail: freedom must be positive");
  const double tail = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2;
  return t >= 0 ? tail : 1 - tail;
}

double student_upper_quantile(double p, double freedom) {
  if (!(p > 0 && p < 1)) throw std::invalid_argument("upper_quantile: p lies between 0 and 1");
  if (p > 0.5) return -student_upper_quantile(1 - p, freedom);
  double low = 0;
  double high = 1;
  while (student_upper_tail(high, freedom) > p) {
    low = high;
    high *= 2;
  }
  for (int i = 0; i < 200 && high - low > 1e-13 * high; ++i) {
    const double middle = (low + high) / 2;
    (student_upper_tail(middle, freedom) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace ridgepoint

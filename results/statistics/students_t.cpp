#include "results/statistics/students_t.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ridgepoint {
namespace {

// Beyond that it differs from the normal distribution by less than anyone can measure.
constexpr std::int64_t kMostDegrees = 2000;

/// P(|T| <= t) where t = sqrt(degrees) * tan(angle): a finite sum for whole degrees.
double mass_within(double angle, std::int64_t degrees) {
  const double cosine = std::cos(angle), squared = cosine * cosine;
  const bool odd = degrees % 2 == 1;
  double sum = 0;
  double term = odd ? cosine : 1;
  for (std::int64_t power = odd ? 1 : 0; power <= degrees - 2; power += 2) {
    sum += term;
    term *= squared * static_cast<double>(power + 1) / static_cast<double>(power + 2);
  }
  if (!odd) return std::sin(angle) * sum;
  return 2 / std::numbers::pi * (angle + std::sin(angle) * sum);
}

}  // namespace

double students_t(double confidence, std::int64_t degrees) {
  if (!(confidence > 0 && confidence < 1) || degrees < 1) {
    throw std::invalid_argument("students_t: needs a confidence between 0 and 1, and 1 degree");
  }
  degrees = std::min(degrees, kMostDegrees);
  double low = 0, high = std::numbers::pi / 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (mass_within(middle, degrees) < confidence ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(degrees)) * std::tan(low);
}

}  // namespace ridgepoint

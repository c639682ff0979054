#include "results/statistics/difference_history.h"

#include <algorithm>
#include <cmath>

namespace ridgepoint {
namespace {

// Differences below a hundredth of a percent are noise of any clock; and a command that prints the
// same number every time has no spread at all.
constexpr double kSmallestScale = 1e-4;
constexpr double kNormalConsistency = 1.4826;
constexpr double kOutlierScales = 3;
// Pairs that "no correlation" counts for beside those seen.
constexpr double kPriorPairs = 8;

double median_of_sorted(std::span<const double> sorted) {
  if (sorted.empty()) return 0;
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
}

/// Median of |x - centre| for sorted x: the deviations grow away from the centre on both sides, so
/// two fingers that walk outwards meet them in order.
double median_deviation(std::span<const double> sorted, double centre) {
  if (sorted.empty()) return 0;
  auto right = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), centre) -
                                        sorted.begin());
  std::size_t left = right;
  double last = 0, before = 0;
  for (std::size_t taken = 0; taken <= sorted.size() / 2; ++taken) {
    before = last;
    const bool from_left =
        right == sorted.size() || (left > 0 && centre - sorted[left - 1] <= sorted[right] - centre);
    last = from_left ? centre - sorted[--left] : sorted[right++] - centre;
  }
  return sorted.size() % 2 == 1 ? last : 0.5 * (before + last);
}

}  // namespace

void DifferenceHistory::add(double difference) {
  DifferenceStep step;
  step.difference = difference;
  step.ready = steps_.size() >= kPairsBeforeBetting;
  if (!steps_.empty()) {
    step.previous = steps_.back().difference;
    step.centre = centre();
    step.scale = scale();
    const auto count = static_cast<double>(steps_.size());
    step.correlation = std::max(0.0, autocorrelation()) * count / (count + kPriorPairs);
  }
  steps_.push_back(step);
  sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), difference), difference);
}

double DifferenceHistory::centre() const {
  return median_of_sorted(sorted_);
}

double DifferenceHistory::scale() const {
  return std::max(kSmallestScale,
                  kNormalConsistency * median_deviation(sorted_, median_of_sorted(sorted_)));
}

double DifferenceHistory::autocorrelation() const {
  if (steps_.size() < kPairsBeforeBetting) return 0;
  const double middle = centre();
  const double bound = kOutlierScales * scale();
  const auto deviation = [&](const DifferenceStep& step) {
    return std::clamp(step.difference - middle, -bound, bound);
  };
  double product = 0, square = 0, last = 0;
  for (const auto& step : steps_) {
    const double now = deviation(step);
    square += now * now;
    product += now * last;
    last = now;
  }
  return square > 0 ? product / square : 0;
}

double DifferenceHistory::unbiased_autocorrelation() const {
  // The mean of the estimate is r - (1 + 3 r) / n.
  const auto count = static_cast<double>(steps_.size());
  if (steps_.size() < kPairsBeforeBetting) return 0;
  return std::clamp((count * autocorrelation() + 1) / (count - 3), -1.0, 1.0);
}

}  // namespace ridgepoint

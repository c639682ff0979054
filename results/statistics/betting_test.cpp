#include "results/statistics/betting_test.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <stdexcept>

namespace ridgepoint {
namespace {

constexpr double kLargestToAskFor = 0.95;
constexpr double kCorrelationStep = 0.1;
// Means of y in scales that three experts believe in whatever they see; the fourth believes the
// past.
constexpr std::array<double, 3> kFixedLocations = {0.5, 1.0, 2.0};
// Steeper bets than these look at little but the sign of z; flatter ones let a few far outliers of
// one arm decide.
constexpr double kLargestSlope = 4;
constexpr double kSmallestSlope = 0.3;
// Of what an expert has: never all, so that one pair ruins nobody.
constexpr double kStake = 0.9;
constexpr std::array<double, 3> kSignStakes = {0.3, 0.5, 0.8};
constexpr double kLargestSignStake = 0.95;

double log_mean_exp(std::span<const double> logs) {
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double value : logs) sum += std::exp(value - largest);
  return largest + std::log(sum / static_cast<double>(logs.size()));
}

std::vector<double> correlations_up_to(double most) {
  if (!(most >= 0 && most <= kLargestToAskFor)) {
    throw std::invalid_argument("BettingTest: correlation_up_to lies outside of 0 to 0.95");
  }
  if (most == 0) return {0};
  std::vector<double> grid{-0.2, -0.1};
  for (double r = 0; r < most - kCorrelationStep / 2; r += kCorrelationStep) grid.push_back(r);
  grid.push_back(most);
  return grid;
}

/// And beyond, finer: what is left of a large correlation in z lasts long.
void add_larger_correlations(std::vector<double>& grid) {
  constexpr std::array<double, 12> kLarger = {0.1, 0.2, 0.3,  0.4, 0.5,  0.6,
                                              0.7, 0.8, 0.85, 0.9, 0.95, kLargestCorrelation};
  const double most = grid.back();
  std::ranges::copy_if(kLarger, std::back_inserter(grid), [&](double r) { return r > most; });
}

}  // namespace

BettingTest::BettingTest(double bound, Side side, double correlation_up_to)
    : bound_(bound),
      side_(static_cast<double>(side)),
      correlations_(correlations_up_to(correlation_up_to)),
      covered_(correlations_.size()) {
  add_larger_correlations(correlations_);
  by_correlation_.resize(correlations_.size());
}

void BettingTest::add(const DifferenceStep& step) {
  if (!step.ready) return;
  bet_on_value(step);
  bet_on_sign(side_ * (step.difference - bound_));
  log_evidence_ = log_mean_exp(by_sign_);
  const auto poorest = [&](double poorer, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      poorer = std::min(poorer, log_mean_exp(by_correlation_[i]));
    }
    return poorer;
  };
  log_evidence_ = poorest(log_evidence_, 0, covered_);
  most_log_evidence_ = std::max(most_log_evidence_, log_evidence_);
  most_log_evidence_beyond_ =
      std::max(most_log_evidence_beyond_, poorest(log_evidence_, covered_, by_correlation_.size()));
}

void BettingTest::bet_on_value(const DifferenceStep& step) {
  const double y = side_ * (step.difference - bound_);
  const double previous = side_ * (step.previous - bound_);
  std::array<double, kExperts> locations{};
  for (std::size_t i = 0; i < kFixedLocations.size(); ++i) {
    locations[i] = kFixedLocations[i] * step.scale;
  }
  locations.back() = std::max(0.0, side_ * (step.centre - bound_));
  // Of what is new in y when the pair before it is known.
  const double spread =
      step.scale * std::sqrt(std::max(0.1, 1 - step.correlation * step.correlation));

  for (std::size_t i = 0; i < correlations_.size(); ++i) {
    const double r = correlations_[i];
    const double z = y - r * previous;
    for (std::size_t expert = 0; expert < kExperts; ++expert) {
      const double location = locations[expert];
      const double predicted = location + step.correlation * (previous - location) - r * previous;
      if (predicted <= 0) continue;  // no bet: one on the other side would not be at fair odds
      const double slope = std::clamp(predicted / spread, kSmallestSlope, kLargestSlope);
      by_correlation_[i][expert] += std::log1p(kStake * std::tanh(slope * z / spread));
    }
  }
}

void BettingTest::bet_on_sign(double y) {
  const double sign = y > 0 ? 1 : y < 0 ? -1 : 0;
  for (std::size_t i = 0; i < kSignStakes.size(); ++i) {
    by_sign_[i] += std::log1p(kSignStakes[i] * sign);
  }
  const double learnt = (signs_for_ - signs_against_) / (signs_for_ + signs_against_ + 1);
  by_sign_.back() += std::log1p(std::clamp(learnt, 0.0, kLargestSignStake) * sign);
  (sign > 0 ? signs_for_ : signs_against_) += 1;
}

}  // namespace ridgepoint

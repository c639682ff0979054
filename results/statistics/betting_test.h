// BettingTest: is the difference between two arms beyond a bound? A gambler with capital 1 bets on
// it, pair after pair, at odds that are fair (or worse for them) as long as it is not. Capital of
// 1 / alpha at any time is then as improbable as alpha (Ville 1939), so one may look after every
// pair and stop at will.
//
// Fair odds need no distribution, only symmetry: y_k = side * (d_k - bound), where d_k is the log
// ratio of pair k, must lie symmetrically about its mean given the past. Within a pair the order of
// the arms is drawn at random, so whatever the machine does to one half of a pair rather than the
// other (drift, neighbours, two clock levels) is symmetric by that draw, however correlated it is
// over time. What belongs to one arm and lasts over pairs is not: y_k = mean + e_k with
// e_k = r e_{k-1} + innovation. The gambler therefore keeps one purse for every r of a grid, bets
// in it on z_k = y_k - r y_{k-1}, whose mean given the past is at most 0 when r is the truth, and
// the evidence is that of the *poorest* purse: for the true r it is a test supermartingale, and the
// minimum is never above it (an e-process for a composite null hypothesis: Ramdas, Ruf, Larsson,
// Koolen 2022, section 4).
//
// A bet pays 1 + b tanh(c z / s), a monotone odd function of z, so that being further inside the
// bound only loses. c is the mean that an expert predicts for z / s from the past (the best bet
// for a normal innovation of that mean; betting by prediction: Waudby-Smith and Ramdas 2023), and
// the experts' purses are averaged.
//
// One purse more bets on the sign of y alone. Its odds are fair wherever pairs are independent and
// the *median* difference is within the bound, symmetric or not: one arm may have spikes of its
// own. So evidence needs both to hold out: an error has to break symmetry and independence at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "results/statistics/difference_history.h"

namespace ridgepoint {

enum class Side : std::int8_t {
  above = 1,   ///< evidence that the difference is above the bound
  below = -1,  ///< evidence that it is below
};

/// Largest correlation over pairs of what belongs to one arm that the guarantee covers unless asked
/// otherwise.
inline constexpr double kCorrelationUpTo = 0.75;

/// The largest that evidence can be made to hold for at all.
inline constexpr double kLargestCorrelation = 0.98;

class BettingTest {
 public:
  /// `correlation_up_to` of 0 leaves one purse beside that of the signs: then the draw of the order
  /// alone answers for correlation. At most 0.95.
  BettingTest(double bound, Side side, double correlation_up_to = kCorrelationUpTo);

  /// The next step of a history, in order.
  void add(const DifferenceStep& step);

  /// ln of the capital now; 0 before the first bet.
  [[nodiscard]] double log_evidence() const { return log_evidence_; }
  /// ln of the most it ever was: what a verdict rests on.
  [[nodiscard]] double most_log_evidence() const { return most_log_evidence_; }
  /// The same, of the purses for still larger correlations too: never more, and what a verdict
  /// rests on where such a correlation is measured.
  [[nodiscard]] double most_log_evidence_beyond() const { return most_log_evidence_beyond_; }

 private:
  static constexpr std::size_t kExperts = 4;
  /// ln of what each expert has.
  using Purses = std::array<double, kExperts>;

  void bet_on_value(const DifferenceStep& step);
  void bet_on_sign(double y);

  double bound_;
  double side_;
  std::vector<double> correlations_;  ///< those up to `correlation_up_to` first
  std::size_t covered_;               ///< how many those are
  std::vector<Purses> by_correlation_;
  Purses by_sign_{};
  double signs_for_ = 0, signs_against_ = 0;
  double log_evidence_ = 0;
  double most_log_evidence_ = 0, most_log_evidence_beyond_ = 0;
};

}  // namespace ridgepoint

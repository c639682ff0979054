// DifferenceHistory: the differences of pairs seen so far, and what was known before each of them.
//
// A bet on a pair may use nothing but earlier pairs; so what a bet needs (centre, scale,
// correlation of the past) is fixed here at the moment a pair arrives, and any number of tests can
// be replayed over the same steps afterwards.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ridgepoint {

/// One pair, and what was known before it.
struct DifferenceStep {
  double difference = 0;   ///< ln(T_B / T_A) of this pair
  double previous = 0;     ///< of the pair before; 0 for the first
  double centre = 0;       ///< median of the pairs before
  double scale = 0;        ///< 1.4826 times the median absolute deviation of the pairs before
  double correlation = 0;  ///< lag-1 autocorrelation of the pairs before, drawn towards 0
  bool ready = false;      ///< enough pairs before it to bet on
};

class DifferenceHistory {
 public:
  /// Pairs before the first one that is bet on: fewer say nothing of the noise.
  static constexpr std::size_t kPairsBeforeBetting = 4;

  void add(double difference);

  [[nodiscard]] std::span<const DifferenceStep> steps() const { return steps_; }
  [[nodiscard]] std::size_t count() const { return steps_.size(); }
  /// Median of all differences; 0 when there are none.
  [[nodiscard]] double centre() const;
  /// 1.4826 MAD of all differences, never less than what a clock can tell apart.
  [[nodiscard]] double scale() const;
  /// Lag-1 autocorrelation of all differences, outliers pulled in to 3 scales; 0 below 4 pairs.
  [[nodiscard]] double autocorrelation() const;
  /// The same, without what a short series hides of it (Kendall 1954); at most 1.
  [[nodiscard]] double unbiased_autocorrelation() const;

 private:
  std::vector<DifferenceStep> steps_;
  std::vector<double> sorted_;
};

}  // namespace ridgepoint

// SequentialGate: one metric of two arms, pair after pair, until a verdict can be given at the
// stated error rate. Four betting tests ask whether B is slower than the tolerance, not slower,
// faster, not faster; looking after every pair is free (betting_test.h).
//
// Each of the answers slower, faster and same is false with probability at most alpha; "same" needs
// both halves, so neither is divided. docs/statistics.md carries the proof by simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "results/statistics/betting_test.h"
#include "results/statistics/difference_history.h"
#include "results/verdict.h"

namespace ridgepoint {

struct GateRules {
  double tolerance = 0.02;  ///< differences within +- this share are "same"
  double alpha = 0.01;      ///< probability of each false verdict
  double correlation_up_to = kCorrelationUpTo;
};

/// ln of the capital of each test, as much as it ever was; ln(1 / alpha) decides. What holds beyond
/// the covered correlation is used where that is measured.
struct GateEvidence {
  double slower = 0, not_slower = 0, faster = 0, not_faster = 0;
  double threshold = 0;
};

/// Of the ratio B / A; an end that nothing bounds yet is empty.
struct RatioInterval {
  std::optional<double> low, high;
};

class SequentialGate {
 public:
  explicit SequentialGate(const GateRules& rules);

  /// ln(T_B / T_A) of the next pair, where more is worse.
  void add(double log_ratio);

  [[nodiscard]] Verdict verdict() const;
  /// What the verdict would be if no correlation beyond the covered ones had to be reckoned with.
  [[nodiscard]] Verdict verdict_within_covered() const;
  /// The correlation of the differences is measured as more than `correlation_up_to`, or as too
  /// little below to rule that out: evidence must then hold for larger ones too, and is less.
  [[nodiscard]] bool beyond_covered_correlation() const;
  /// B is not worse than the tolerance, whatever else is open.
  [[nodiscard]] bool not_slower() const;
  [[nodiscard]] GateEvidence evidence() const;
  /// Median ratio of the pairs, B / A; 1 when there are none.
  [[nodiscard]] double ratio() const;
  /// All ratios that are not refuted at alpha on their side: right at every moment at once with
  /// probability 1 - 2 alpha, and in accord with the verdict. Replays the history some forty times.
  [[nodiscard]] RatioInterval interval() const;
  [[nodiscard]] const DifferenceHistory& history() const { return history_; }
  [[nodiscard]] const GateRules& rules() const { return rules_; }

 private:
  [[nodiscard]] GateEvidence evidence(bool beyond) const;

  GateRules rules_;
  DifferenceHistory history_;
  BettingTest slower_, not_slower_, faster_, not_faster_;
};

/// Pairs below which no forecast is made: they say too little of the noise.
inline constexpr std::size_t kPairsToForecastBy = 8;

/// How many more pairs a verdict at `rules` needs, judged by replaying blocks of the differences
/// seen so far; the median of some dozen replays. Empty when most of them find none within
/// `most_pairs`, or below kPairsToForecastBy pairs.
std::optional<std::size_t> forecast_pairs(const DifferenceHistory& history, const GateRules& rules,
                                          std::size_t most_pairs, std::uint64_t seed);

/// Share of replays in which a B that is `slowdown` (0.05: 5 %) slower than A is found to be slower
/// within `pairs` pairs of the noise seen so far. Empty below kPairsToForecastBy pairs.
std::optional<double> power_at(const DifferenceHistory& history, const GateRules& rules,
                               double slowdown, std::size_t pairs, std::uint64_t seed);

/// How many pairs from the first one a verdict takes between equal arms, in the noise seen so far:
/// what a machine can resolve. Empty as for forecast_pairs.
std::optional<std::size_t> pairs_to_resolve(const DifferenceHistory& history,
                                            const GateRules& rules, std::size_t most_pairs,
                                            std::uint64_t seed);

}  // namespace ridgepoint

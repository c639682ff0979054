// AbEvaluation: what the pairs of a session say, figure by figure and over all of them. A function
// of the stored pairs alone, so that a verdict can be given again from the database.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "results/ab_session.h"
#include "results/statistics/sequential_gate.h"

namespace ridgepoint {

class AbEvaluation {
 public:
  /// The error rate is shared by the figures (Bonferroni): "slower" over all of them is false with
  /// probability at most `rules.alpha`.
  AbEvaluation(std::vector<AbFigure> figures, const GateRules& rules);

  /// In order; dropped pairs are counted and nothing else.
  void add(const AbPair& pair);

  /// slower as soon as one figure is; else undecided until every figure is decided; then faster
  /// when one is, else same.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] const std::vector<AbFigure>& figures() const { return figures_; }
  [[nodiscard]] const std::vector<SequentialGate>& gates() const { return gates_; }
  [[nodiscard]] std::size_t pairs() const { return pairs_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  /// The figure that a reader should look at first: one that decides the verdict, or the one
  /// furthest from a decision.
  [[nodiscard]] std::size_t telling_figure() const;

 private:
  std::vector<AbFigure> figures_;
  std::vector<SequentialGate> gates_;
  std::size_t pairs_ = 0, dropped_ = 0;
};

/// ln of how much worse b is than a: of b / a, or of a / b where more is better.
double log_ratio(const AbFigure& figure, double a, double b);

/// All pairs of a session, by the rules that it was begun with.
AbEvaluation evaluate(const AbSession& session, const GateRules& rules);

}  // namespace ridgepoint

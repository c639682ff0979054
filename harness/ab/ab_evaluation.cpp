#include "harness/ab/ab_evaluation.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ridgepoint {
namespace {

GateRules shared(GateRules rules, std::size_t figures) {
  rules.alpha /= static_cast<double>(std::max<std::size_t>(1, figures));
  return rules;
}

/// How near a gate is to any verdict: share of the evidence that the nearest one needs.
double progress_of(const SequentialGate& gate) {
  const auto evidence = gate.evidence();
  const double same = std::min(evidence.not_slower, evidence.not_faster);
  return std::max({evidence.slower, evidence.faster, same}) / evidence.threshold;
}

}  // namespace

double log_ratio(const AbFigure& figure, double a, double b) {
  return figure.more_is_better ? std::log(a / b) : std::log(b / a);
}

AbEvaluation::AbEvaluation(std::vector<AbFigure> figures, const GateRules& rules)
    : figures_(std::move(figures)),
      gates_(figures_.size(), SequentialGate(shared(rules, figures_.size()))) {}

void AbEvaluation::add(const AbPair& pair) {
  if (!pair.dropped.empty()) {
    ++dropped_;
    return;
  }
  ++pairs_;
  for (std::size_t i = 0; i < figures_.size(); ++i) {
    gates_[i].add(log_ratio(figures_[i], pair.a.at(i), pair.b.at(i)));
  }
}

Verdict AbEvaluation::verdict() const {
  bool any_faster = false, any_undecided = gates_.empty();
  for (const auto& gate : gates_) {
    switch (gate.verdict()) {
      case Verdict::slower:
        return Verdict::slower;
      case Verdict::faster:
        any_faster = true;
        break;
      case Verdict::same:
        break;
      case Verdict::undecided:
      case Verdict::incomparable:
        any_undecided = true;
        break;
    }
  }
  if (any_undecided) return Verdict::undecided;
  return any_faster ? Verdict::faster : Verdict::same;
}

std::size_t AbEvaluation::telling_figure() const {
  const Verdict all = verdict();
  std::size_t telling = 0;
  double least = 2;
  for (std::size_t i = 0; i < gates_.size(); ++i) {
    const Verdict own = gates_[i].verdict();
    if (own == all && all != Verdict::undecided) return i;
    if (own == Verdict::undecided && progress_of(gates_[i]) < least) {
      least = progress_of(gates_[i]);
      telling = i;
    }
  }
  return telling;
}

AbEvaluation evaluate(const AbSession& session, const GateRules& rules) {
  AbEvaluation evaluation(session.figures, rules);
  for (const auto& pair : session.pairs) evaluation.add(pair);
  return evaluation;
}

}  // namespace ridgepoint

#include "results/statistics/sequential_gate.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace ridgepoint {
namespace {

// Beyond what two programs that do the same could ever differ by.
constexpr double kWidestLogRatio = 30;
constexpr double kIntervalResolution = 5e-5;
// Standard errors of a measured correlation. One beyond the default coverage is reckoned with as
// soon as it is not so far below: what is found out late was a false verdict before, and evidence
// can only become less by it. Whoever asks for less coverage is told once it is so far exceeded.
constexpr double kErrorsToTell = 3;
constexpr std::size_t kReplays = 24;
// Pairs that are replayed together, so that what lasts over pairs does so in the replay.
constexpr std::size_t kBlock = 4;

double most_log_evidence(std::span<const DifferenceStep> steps, double bound, Side side,
                         const GateRules& rules, bool beyond) {
  BettingTest test(bound, side, rules.correlation_up_to);
  for (const auto& step : steps) test.add(step);
  return beyond ? test.most_log_evidence_beyond() : test.most_log_evidence();
}

/// The refuted bound nearest to the centre on one side; empty when even the widest is not.
std::optional<double> interval_end(const DifferenceHistory& history, const GateRules& rules,
                                   Side side, bool beyond) {
  const double threshold = std::log(1 / rules.alpha);
  const auto refuted = [&](double bound) {
    return most_log_evidence(history.steps(), bound, side, rules, beyond) >= threshold;
  };
  const double outwards = side == Side::above ? -1 : 1;
  double near = 0, far = 0.01;
  while (!refuted(history.centre() + outwards * far)) {
    near = far;
    far *= 2;
    if (far > kWidestLogRatio) return std::nullopt;
  }
  while (far - near > std::max(kIntervalResolution, 0.005 * far)) {
    const double middle = 0.5 * (near + far);
    (refuted(history.centre() + outwards * middle) ? far : near) = middle;
  }
  return history.centre() + outwards * far;
}

/// Differences like those of a history, block after block, with another centre if asked.
class Replay {
 public:
  Replay(std::span<const DifferenceStep> steps, double shift, std::mt19937_64& random)
      : steps_(steps), shift_(shift), random_(random) {}

  double next() {
    if (left_ == 0) {
      left_ = kBlock;
      at_ = std::uniform_int_distribution<std::size_t>(0, steps_.size() - 1)(random_);
    }
    --left_;
    const double value = steps_[at_ % steps_.size()].difference + shift_;
    ++at_;
    return value;
  }

 private:
  std::span<const DifferenceStep> steps_;
  double shift_;
  std::mt19937_64& random_;
  std::size_t at_ = 0, left_ = 0;
};

/// Pairs that a gate which has come this far still takes to a verdict, in replays of a history
/// that is shifted; the median, if that is not above `most_pairs`.
std::optional<std::size_t> median_pairs_from(const SequentialGate& start,
                                             const DifferenceHistory& history, double shift,
                                             std::size_t most_pairs, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> needed;
  for (std::size_t i = 0; i < kReplays; ++i) {
    SequentialGate gate = start;
    Replay replay(history.steps(), shift, random);
    std::size_t pairs = 0;
    while (gate.verdict() == Verdict::undecided && pairs <= most_pairs) {
      gate.add(replay.next());
      ++pairs;
    }
    needed.push_back(pairs);
  }
  const auto middle = needed.begin() + static_cast<std::ptrdiff_t>(needed.size() / 2);
  std::nth_element(needed.begin(), middle, needed.end());
  return *middle > most_pairs ? std::nullopt : std::optional(*middle);
}

Verdict verdict_of_evidence(const GateEvidence& all) {
  if (all.slower >= all.threshold) return Verdict::slower;
  if (all.faster >= all.threshold) return Verdict::faster;
  if (all.not_slower >= all.threshold && all.not_faster >= all.threshold) return Verdict::same;
  return Verdict::undecided;
}

}  // namespace

SequentialGate::SequentialGate(const GateRules& rules)
    : rules_(rules),
      slower_(std::log1p(rules.tolerance), Side::above, rules.correlation_up_to),
      not_slower_(std::log1p(rules.tolerance), Side::below, rules.correlation_up_to),
      faster_(-std::log1p(rules.tolerance), Side::below, rules.correlation_up_to),
      not_faster_(-std::log1p(rules.tolerance), Side::above, rules.correlation_up_to) {}

void SequentialGate::add(double log_ratio) {
  history_.add(log_ratio);
  const auto& step = history_.steps().back();
  for (BettingTest* test : {&slower_, &not_slower_, &faster_, &not_faster_}) test->add(step);
}

bool SequentialGate::beyond_covered_correlation() const {
  const double covered = rules_.correlation_up_to;
  const auto count = static_cast<double>(history_.count());
  if (count == 0) return false;
  const auto errors_of = [&](double correlation) {
    return kErrorsToTell * std::sqrt((1 - correlation * correlation) / count);
  };
  const double large = std::max(covered, kCorrelationUpTo);
  return history_.unbiased_autocorrelation() >
         std::min(covered + errors_of(covered), large - errors_of(large));
}

GateEvidence SequentialGate::evidence() const {
  return evidence(beyond_covered_correlation());
}

GateEvidence SequentialGate::evidence(bool beyond) const {
  const auto of = [&](const BettingTest& test) {
    return beyond ? test.most_log_evidence_beyond() : test.most_log_evidence();
  };
  return {.slower = of(slower_),
          .not_slower = of(not_slower_),
          .faster = of(faster_),
          .not_faster = of(not_faster_),
          .threshold = std::log(1 / rules_.alpha)};
}

bool SequentialGate::not_slower() const {
  const auto all = evidence();
  return all.not_slower >= all.threshold;
}

Verdict SequentialGate::verdict() const {
  return verdict_of_evidence(evidence());
}

Verdict SequentialGate::verdict_within_covered() const {
  return verdict_of_evidence(evidence(/*beyond=*/false));
}
double SequentialGate::ratio() const {
  return std::exp(history_.centre());
}

RatioInterval SequentialGate::interval() const {
  const bool beyond = beyond_covered_correlation();
  auto low = interval_end(history_, rules_, Side::above, beyond);
  auto high = interval_end(history_, rules_, Side::below, beyond);
  // A bound that decided something is refuted, whatever the search from the centre found.
  const auto all = evidence();
  const double tolerance = std::log1p(rules_.tolerance);
  const auto at_least = [&](double bound) { low = std::max(low.value_or(bound), bound); };
  const auto at_most = [&](double bound) { high = std::min(high.value_or(bound), bound); };
  if (all.not_faster >= all.threshold) at_least(-tolerance);
  if (all.slower >= all.threshold) at_least(tolerance);
  if (all.not_slower >= all.threshold) at_most(tolerance);
  if (all.faster >= all.threshold) at_most(-tolerance);
  RatioInterval interval;
  if (low) interval.low = std::exp(*low);
  if (high) interval.high = std::exp(*high);
  return interval;
}

std::optional<std::size_t> forecast_pairs(const DifferenceHistory& history, const GateRules& rules,
                                          std::size_t most_pairs, std::uint64_t seed) {
  if (history.count() < kPairsToForecastBy) return std::nullopt;
  SequentialGate now(rules);
  for (const auto& step : history.steps()) now.add(step.difference);
  return median_pairs_from(now, history, 0, most_pairs, seed);
}

std::optional<std::size_t> pairs_to_resolve(const DifferenceHistory& history,
                                            const GateRules& rules, std::size_t most_pairs,
                                            std::uint64_t seed) {
  if (history.count() < kPairsToForecastBy) return std::nullopt;
  return median_pairs_from(SequentialGate(rules), history, -history.centre(), most_pairs, seed);
}

std::optional<double> power_at(const DifferenceHistory& history, const GateRules& rules,
                               double slowdown, std::size_t pairs, std::uint64_t seed) {
  if (history.count() < kPairsToForecastBy) return std::nullopt;
  std::mt19937_64 random(seed);
  std::size_t found = 0;
  for (std::size_t i = 0; i < kReplays; ++i) {
    SequentialGate gate(rules);
    Replay replay(history.steps(), std::log1p(slowdown) - history.centre(), random);
    for (std::size_t k = 0; k < pairs && gate.verdict() == Verdict::undecided; ++k) {
      gate.add(replay.next());
    }
    if (gate.verdict() == Verdict::slower) ++found;
  }
  return static_cast<double>(found) / static_cast<double>(kReplays);
}

}  // namespace ridgepoint

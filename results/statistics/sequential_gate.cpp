#include "results/statistics/sequential_gate.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace ridgepoint {
namespace {

// A factor of 20 either way; what lies outside is no question of percent any more.
constexpr double kWidestLogRatio = 3;
constexpr double kIntervalResolution = 5e-5;
constexpr std::size_t kReplays = 24;
// Pairs that are replayed together, so that what lasts over pairs does so in the replay.
constexpr std::size_t kBlock = 4;

double most_log_evidence(std::span<const DifferenceStep> steps, double bound, Side side,
                         const GateRules& rules) {
  BettingTest test(bound, side, rules.correlation_up_to);
  for (const auto& step : steps) test.add(step);
  return test.most_log_evidence();
}

/// The refuted bound nearest to the centre on one side; empty when even the widest is not.
std::optional<double> interval_end(const DifferenceHistory& history, const GateRules& rules,
                                   Side side) {
  const double threshold = std::log(1 / rules.alpha);
  const auto refuted = [&](double bound) {
    return most_log_evidence(history.steps(), bound, side, rules) >= threshold;
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

GateEvidence SequentialGate::evidence() const {
  return {.slower = slower_.most_log_evidence(),
          .not_slower = not_slower_.most_log_evidence(),
          .faster = faster_.most_log_evidence(),
          .not_faster = not_faster_.most_log_evidence(),
          .threshold = std::log(1 / rules_.alpha)};
}

bool SequentialGate::not_slower() const {
  const auto all = evidence();
  return all.not_slower >= all.threshold;
}

Verdict SequentialGate::verdict() const {
  const auto all = evidence();
  if (all.slower >= all.threshold) return Verdict::slower;
  if (all.faster >= all.threshold) return Verdict::faster;
  if (all.not_slower >= all.threshold && all.not_faster >= all.threshold) return Verdict::same;
  return Verdict::undecided;
}

double SequentialGate::ratio() const {
  return std::exp(history_.centre());
}

RatioInterval SequentialGate::interval() const {
  RatioInterval interval;
  if (const auto low = interval_end(history_, rules_, Side::above)) interval.low = std::exp(*low);
  if (const auto high = interval_end(history_, rules_, Side::below)) {
    interval.high = std::exp(*high);
  }
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

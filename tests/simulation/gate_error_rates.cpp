// What the gate says of machines whose truth is known: how often "slower" is false at the exact
// boundary, how often twice the tolerance is found, and in how many pairs. Prints the table of
// docs/statistics.md.
//   gate_error_rates [TRIALS [MOST_PAIRS [CORRELATION_UP_TO [correlated]]]]
// With "correlated": of noise that is more correlated than the gate covers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "results/statistics/sequential_gate.h"
#include "tests/support/pair_noise.h"

namespace {

using ridgepoint::GateRules;
using ridgepoint::SequentialGate;
using ridgepoint::Verdict;
using ridgepoint::testing::PairNoiseModel;

constexpr std::uint64_t kSeed = 20240607;

struct Cell {
  std::size_t trials = 0;
  std::size_t slower = 0, faster = 0, same = 0;
  std::vector<std::size_t> pairs;  ///< to the verdict, one a trial
  [[nodiscard]] double share(std::size_t count) const {
    return static_cast<double>(count) / static_cast<double>(trials);
  }
  [[nodiscard]] std::size_t median_pairs() {
    const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>(pairs.size() / 2);
    std::nth_element(pairs.begin(), middle, pairs.end());
    return *middle;
  }
};

Cell simulate(const PairNoiseModel& model, double truth, const GateRules& rules, std::size_t trials,
              std::size_t most_pairs) {
  Cell cell{.trials = trials, .pairs = {}};
  for (std::size_t trial = 0; trial < trials; ++trial) {
    std::seed_seq seed{kSeed, static_cast<std::uint64_t>(trial)};
    std::mt19937_64 random(seed);
    const auto noise = model.make();
    SequentialGate gate(rules);
    while (gate.history().count() < most_pairs && gate.verdict() == Verdict::undecided) {
      gate.add(truth + noise->next(random));
    }
    const auto verdict = gate.verdict();
    cell.slower += verdict == Verdict::slower ? 1 : 0;
    cell.faster += verdict == Verdict::faster ? 1 : 0;
    cell.same += verdict == Verdict::same ? 1 : 0;
    cell.pairs.push_back(gate.history().count());
  }
  return cell;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, double otherwise) {
    return argc > index ? std::strtod(argv[index], nullptr) : otherwise;
  };
  const auto trials = static_cast<std::size_t>(argument(1, 10'000));
  const auto most_pairs = static_cast<std::size_t>(argument(2, 400));
  GateRules rules;
  rules.correlation_up_to = argument(3, rules.correlation_up_to);
  const double x = rules.tolerance;
  const double truths[] = {std::log1p(x), std::log1p(2 * x), 0, std::log1p(0.05)};

  fmt::print(
      "tolerance {:g} %, alpha {:g} %, {} trials a cell, at most {} pairs, correlations up to "
      "{:g}, seed {}\n\n",
      100 * x, 100 * rules.alpha, trials, most_pairs, rules.correlation_up_to, kSeed);
  fmt::print(
      "| noise | false \"slower\" at +2 % | +4 % found | pairs | +5 % found | pairs | A/A: same | "
      "false slower or faster | pairs |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  const bool correlated = argc > 4 && std::string_view(argv[4]) == "correlated";
  for (const auto& model : correlated ? ridgepoint::testing::correlated_pair_noise_models()
                                      : ridgepoint::testing::pair_noise_models()) {
    std::vector<Cell> cells(std::size(truths));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      threads.emplace_back(
          [&, i] { cells[i] = simulate(model, truths[i], rules, trials, most_pairs); });
    }
    for (auto& thread : threads) thread.join();
    Cell& boundary = cells[0];
    Cell& twice = cells[1];
    Cell& equal = cells[2];
    Cell& five = cells[3];
    fmt::print("| {} | {:.2f} % | {:.1f} % | {} | {:.1f} % | {} | {:.1f} % | {:.2f} % | {} |\n",
               model.name, 100 * boundary.share(boundary.slower), 100 * twice.share(twice.slower),
               twice.median_pairs(), 100 * five.share(five.slower), five.median_pairs(),
               100 * equal.share(equal.same), 100 * equal.share(equal.slower + equal.faster),
               equal.median_pairs());
    std::fflush(stdout);
  }
}

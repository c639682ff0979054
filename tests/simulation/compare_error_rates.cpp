// What `compare` and `history` say of series whose truth is known: how often "slower" is false at
// the exact threshold, how much is left undecided, how often a change point is found where there is
// none, and how many steps are found. Prints the tables of docs/statistics.md.
//   compare_error_rates [compare|history] [TRIALS]
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "results/compare/judge.h"
#include "results/statistics/change_points.h"

namespace {

using namespace ridgepoint;

constexpr std::uint64_t kSeed = 20261121;
constexpr double kThreshold = 0.02, kAlpha = 0.01;

using Random = std::mt19937_64;

Random generator(std::uint64_t cell, std::uint64_t trial) {
  std::seed_seq seed{kSeed, cell, trial};
  return Random(seed);
}

/// All trials, on every core; the sum of what each gives.
template <class Trial>
std::vector<std::size_t> count(std::size_t trials, std::size_t outcomes, const Trial& trial) {
  const std::size_t workers = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::vector<std::size_t>> found(workers, std::vector<std::size_t>(outcomes));
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    threads.emplace_back([&, worker] {
      for (std::size_t i = worker; i < trials; i += workers) trial(i, found[worker]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::size_t> all(outcomes);
  for (const auto& own : found) {
    for (std::size_t i = 0; i < outcomes; ++i) all[i] += own[i];
  }
  return all;
}

double percent(std::size_t part, std::size_t whole) {
  return 100 * static_cast<double>(part) / static_cast<double>(whole);
}

/// A record of one process with `length` passes around `median_ns`, AR(1) with 5 % of noise.
Record correlated(double median_ns, double rho, std::size_t length, Random& random) {
  std::normal_distribution<double> normal;
  Record record;
  record.subject.workload = "op";
  Series series{"run", "ns", {}, {}};
  double state = normal(random);
  for (std::size_t i = 0; i < length; ++i) {
    state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
    series.samples.push_back(std::llround(median_ns * std::exp(0.05 * state)));
  }
  record.measurement.series.push_back(std::move(series));
  return record;
}

Verdict verdict_of(double ratio, double rho, std::size_t length, Random& random) {
  const Record a = correlated(1e8, rho, length, random);
  const Record b = correlated(1e8 * ratio, rho, length, random);
  ComparisonRow row;
  weigh(a, b, "run_ns", kThreshold, kAlpha, row);
  if (!row.evidence) return row.verdict;
  row.evidence->adjusted_p = row.evidence->p;  // a family of one
  decide(kThreshold, kAlpha, row);
  return row.verdict;
}

void print_compare(std::size_t trials) {
  const double rhos[] = {0, 0.3, 0.5, 0.7, 0.9};
  const std::size_t lengths[] = {20, 30, 60, 100, 300, 1000, 3000};
  struct Truth {
    const char* title;
    double ratio;
  };
  for (const Truth& truth :
       {Truth{"B slower by exactly the threshold: false \"slower\" (undecided)", 1.02},
        Truth{"B slower by 10 %: \"slower\" (undecided)", 1.1}}) {
    fmt::print("{}; AR(1) noise of 5 %, threshold 2 %, alpha 1 %, {} trials a cell\n\n",
               truth.title, trials);
    fmt::print(
        "| repetitions a side | rho 0 | 0.3 | 0.5 | 0.7 | 0.9 |\n|---|---:|---:|---:|---:|---:|\n");
    std::uint64_t cell = 0;
    for (const std::size_t length : lengths) {
      fmt::print("| {} |", length);
      for (const double rho : rhos) {
        ++cell;
        const auto found = count(trials, 2, [&](std::size_t trial, std::vector<std::size_t>& into) {
          Random random = generator(cell, trial);
          const Verdict verdict = verdict_of(truth.ratio, rho, length, random);
          into[0] += verdict == Verdict::slower ? 1 : 0;
          into[1] += verdict == Verdict::undecided ? 1 : 0;
        });
        fmt::print(" {:.1f} % ({:.0f} %) |", percent(found[0], trials), percent(found[1], trials));
        std::fflush(stdout);
      }
      fmt::print("\n");
    }
    fmt::print("\n");
  }
}

struct Noise {
  std::string_view name;
  std::function<std::vector<double>(std::size_t length, Random& random)> draw;  ///< of logarithms
};

template <class Value>
std::vector<double> drawn(std::size_t length, Value&& value) {
  std::vector<double> values;
  for (std::size_t i = 0; i < length; ++i) values.push_back(value());
  return values;
}

Noise autoregressive(std::string_view name, double rho) {
  return {name, [rho](std::size_t length, Random& random) {
            std::normal_distribution<double> normal;
            double state = normal(random);
            return drawn(length, [&] {
              return state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
            });
          }};
}

std::vector<Noise> noises() {
  return {
      autoregressive("normal", 0),
      {"Student t, 2 degrees of freedom",
       [](std::size_t length, Random& random) {
         std::student_t_distribution<double> law(2);
         return drawn(length, [&] { return law(random); });
       }},
      {"Cauchy",
       [](std::size_t length, Random& random) {
         std::cauchy_distribution<double> law;
         return drawn(length, [&] { return law(random); });
       }},
      {"log-normal",
       [](std::size_t length, Random& random) {
         std::lognormal_distribution<double> law;
         return drawn(length, [&] { return law(random); });
       }},
      {"exponential",
       [](std::size_t length, Random& random) {
         std::exponential_distribution<double> law;
         return drawn(length, [&] { return law(random); });
       }},
      {"on a coarse grid",
       [](std::size_t length, Random& random) {
         std::normal_distribution<double> law;
         return drawn(length, [&] { return std::round(2 * law(random)) / 2; });
       }},
      autoregressive("AR(1), rho 0.3", 0.3),
      autoregressive("AR(1), rho 0.5", 0.5),
  };
}

/// Logarithms in units of sigma as times of 1 ms with 1 % of noise.
std::vector<double> as_times(const std::vector<double>& logs) {
  std::vector<double> times;
  for (const double value : logs)
    times.push_back(1e6 * std::exp(0.01 * std::clamp(value, -1e3, 1e3)));
  return times;
}

void print_history(std::size_t trials) {
  fmt::print(
      "noise alone: share of lines with any change point, {} trials a cell, 199 orders, no "
      "effect floor\n\n",
      trials);
  fmt::print(
      "| noise | 12 runs, alpha 1 % | 24 runs | 60 runs | 12 runs, alpha 5 % | 24 runs | 60 runs "
      "|\n"
      "|---|---:|---:|---:|---:|---:|---:|\n");
  std::uint64_t cell = 1000;
  for (const Noise& noise : noises()) {
    fmt::print("| {} |", noise.name);
    for (const double alpha : {0.01, 0.05}) {
      for (const std::size_t length : {12U, 24U, 60U}) {
        ++cell;
        const auto found = count(trials, 1, [&](std::size_t trial, std::vector<std::size_t>& into) {
          Random random = generator(cell, trial);
          const ChangePointRules rules{
              .alpha = alpha, .effect = 1e-9, .permutations = 199, .seed = trial};
          into[0] +=
              find_change_points(as_times(noise.draw(length, random)), rules).found.empty() ? 0 : 1;
        });
        fmt::print(" {:.1f} % |", percent(found[0], trials));
        std::fflush(stdout);
      }
    }
    fmt::print("\n");
  }

  const std::size_t step_trials = std::max<std::size_t>(1, trials / 4);
  fmt::print(
      "\nsteps found within two runs of where they are, alpha 1 %, normal noise of scale "
      "sigma, {} trials a cell\n\n",
      step_trials);
  fmt::print("| line | 2 sigma | 3 sigma | 5 sigma |\n|---|---:|---:|---:|\n");
  struct Line {
    std::string_view name;
    std::size_t length, first;
  };
  for (const Line& line :
       {Line{"20 runs, step in the middle", 20, 10}, Line{"40 runs, step in the middle", 40, 20},
        Line{"40 runs, 8 of the new level", 40, 32}, Line{"40 runs, 5 of the new level", 40, 35},
        Line{"40 runs, 3 of the new level", 40, 37}}) {
    fmt::print("| {} |", line.name);
    for (const double sigmas : {2.0, 3.0, 5.0}) {
      ++cell;
      const auto found =
          count(step_trials, 1, [&](std::size_t trial, std::vector<std::size_t>& into) {
            Random random = generator(cell, trial);
            std::vector<double> logs = noises().front().draw(line.length, random);
            for (std::size_t i = line.first; i < logs.size(); ++i) logs[i] += sigmas;
            const ChangePointRules rules{
                .alpha = 0.01, .effect = 1e-9, .permutations = 199, .seed = trial};
            for (const ChangePoint& change : find_change_points(as_times(logs), rules).found) {
              if (change.first + 2 >= line.first && change.first <= line.first + 2) {
                ++into[0];
                return;
              }
            }
          });
      fmt::print(" {:.0f} % |", percent(found[0], step_trials));
      std::fflush(stdout);
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const auto trials = argc > 2 ? static_cast<std::size_t>(std::strtoull(argv[2], nullptr, 10)) : 0;
  fmt::print("seed {}\n\n", kSeed);
  if (what != "history") print_compare(trials > 0 ? trials : 10'000);
  if (what != "compare") print_history(trials > 0 ? trials : 2'000);
  return 0;
}

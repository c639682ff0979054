#include "harness/wall/causal_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "harness/wall/antagonist.h"
#include "harness/wall/interrupted.h"
#include "harness/wall/open_slice.h"
#include "profiler/ceilings/measure.h"
#include "profiler/ceilings/time_together.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kLoadBeside_ns = 40'000'000;
constexpr std::int64_t kCalibrate_ns = 40'000'000;
// Of one kind of work, but for two rounds: a prefill on one core takes a second a pass.
constexpr std::int64_t kWorkBudget_ns = 25'000'000'000;
// Ops that take less of the work are not worth a line.
constexpr double kLeastShare = 0.02;

struct TimedWork {
  const char* what;
  std::int64_t batch, tokens, past;
};
constexpr TimedWork kTimedWork[] = {{"decode, batch 1", 1, 1, 8},
                                    {"decode, batch 16", 16, 1, 8},
                                    {"decode, batch 1, context 2048", 1, 1, 2048},
                                    {"prefill, 512 tokens", 1, 512, 0}};

/// Leaves the antagonist with the kernel that takes most from the probe's cores. Each is held
/// against what they load alone right before it, several times over: memory that is shared with
/// strangers changes its speed meanwhile.
void calibrate(Antagonist& antagonist, const ceilings::LoadProbe& probe,
               const SliceOptions& options, CausalTests& tests) {
  constexpr int kCalibrations = 5;
  std::map<ceilings::BandwidthKernel, std::vector<double>> kept;
  for (int round = 0; round < kCalibrations; ++round) {
    for (const auto& facts : ceilings::bandwidth_kernels()) {
      if (options.stop != nullptr) throw_if(*options.stop);
      antagonist.take(0);
      const double alone = probe.measure(kCalibrate_ns).value;
      antagonist.use(facts.kernel);
      antagonist.take(1);
      const double left = probe.measure(kCalibrate_ns).value;
      kept[facts.kernel].push_back(alone > 0 ? left / alone : 1);
    }
  }
  antagonist.take(0);
  const auto of_kernel = [](const auto& entry) { return median(entry.second); };
  const auto strongest = std::ranges::min_element(kept, {}, of_kernel);
  antagonist.use(strongest->first);
  tests.kernel = ceilings::facts_of(strongest->first).name;
  tests.left_at_the_most = median(strongest->second);
}

/// All of the work first, then its classes of ops, those that take longest first.
std::vector<CausalTest> test_work(const TimedWork& work, SliceSession& session,
                                  Antagonist& antagonist, const ceilings::LoadProbe& probe,
                                  int rounds, const SliceOptions& options) {
  CausalTest whole{.what = work.what, .ops = "", .points = {}, .elasticity = {}};
  std::map<std::string, CausalTest> by_class;
  std::map<std::string, double> alone_seconds;
  double alone_total = 0;
  const std::int64_t end_ns = monotonic_ns() + kWorkBudget_ns;
  for (int round = 0; round < rounds && (round < 2 || monotonic_ns() < end_ns); ++round) {
    options.next(fmt::format("{}: round {} of {} at the most", work.what, round + 1, rounds));
    for (const double taken : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      antagonist.take(taken);
      const double before = probe.measure(kLoadBeside_ns).value;
      const double seconds = session.time(work.tokens, work.past).seconds;
      const auto classes = session.time_classes(work.tokens, work.past);
      const double left = (before + probe.measure(kLoadBeside_ns).value) / 2;
      whole.points.push_back({left, seconds});
      for (const auto& [ops, class_seconds] : classes) {
        by_class[ops].points.push_back({left, class_seconds});
        if (taken > 0) continue;
        alone_seconds[ops] += class_seconds;
        alone_total += class_seconds;
      }
    }
  }
  antagonist.take(0);
  whole.elasticity = estimate_elasticity(whole.points);
  std::vector<CausalTest> tests{std::move(whole)};
  for (auto& [ops, test] : by_class) {
    test.what = work.what;
    test.ops = ops;
    test.share = alone_total > 0 ? alone_seconds[ops] / alone_total : 0;
    const bool all_took_time =
        std::ranges::all_of(test.points, [](const LoadedTime& point) { return point.seconds > 0; });
    if (test.share < kLeastShare || !all_took_time) continue;
    test.elasticity = estimate_elasticity(test.points);
    tests.push_back(std::move(test));
  }
  std::ranges::stable_sort(tests.begin() + 1, tests.end(), std::ranges::greater{},
                           &CausalTest::share);
  return tests;
}

}  // namespace

void require_causal_cores() {
  if (ceilings::one_cpu_a_core().size() < 2) {
    throw Error(
        "the causal test needs a core for the antagonist, and this process may use one; run it "
        "where it may use two");
  }
}

CausalTests test_causes(
    const Case& variant, const SliceOptions& options, int rounds,
    const std::function<void(const CausalTests&, std::span<const CausalTest>)>& on_work) {
  require_causal_cores();
  const auto cpus = ceilings::one_cpu_a_core();
  SliceOptions own = options;
  own.least_passes = 1;
  own.threads = std::min(options.threads, static_cast<int>(cpus.size() / 2));
  CausalTests tests;
  tests.threads = own.threads;
  Case chosen = variant;
  const OpenSlice opened = open_slice(chosen, own.threads);
  // The engine's threads and the probe take the first cores.
  const auto others = std::span(cpus).subspan(static_cast<std::size_t>(own.threads));
  tests.antagonists = static_cast<int>(others.size());
  Antagonist antagonist(others, cold_bytes());
  const ceilings::LoadProbe probe(own.threads, cold_bytes());
  try {
    own.next("which of the bandwidth kernels takes the most");
    calibrate(antagonist, probe, own, tests);
    for (const TimedWork& work : kTimedWork) {
      own.next(work.what);
      SliceSession session(*opened.backend, opened.slice, own, work.batch, work.past + work.tokens);
      if (work.past > 0) session.fill(work.past);
      auto more = test_work(work, session, antagonist, probe, rounds, own);
      on_work(tests, more);
      std::ranges::move(more, std::back_inserter(tests.tests));
    }
  } catch (const Interrupted&) {
    tests.interrupted = true;
  }
  return tests;
}

}  // namespace ridgepoint

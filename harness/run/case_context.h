// What every part of measuring a case needs to see.
#pragma once

#include <atomic>
#include <cstdint>

#include "harness/run/measure_case.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

struct CaseContext {
  const Case& subject;
  const RunOptions& options;
  MeasurementSink& sink;
  AnswerStore& answers;
  const std::atomic<bool>& stop;
  const ProcessPlan& plan;
  std::int64_t started_ns = monotonic_ns();

  [[nodiscard]] bool stopped() const { return stop.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t budget_ns() const {
    return static_cast<std::int64_t>(options.case_budget_seconds * 1e9);
  }
  /// For warming up from now on.
  [[nodiscard]] std::int64_t warm_up_budget_ns() const {
    return ridgepoint::warm_up_budget_ns(plan, budget_ns(), monotonic_ns() - started_ns);
  }
  /// Until when to measure, asked for at the end of a warm-up that began at `warming_ns`.
  [[nodiscard]] MeasuringWindow window(std::int64_t warming_ns, std::int64_t passes) const {
    return measuring_window(plan, budget_ns(), started_ns, warming_ns, monotonic_ns(), passes);
  }
  [[nodiscard]] int threads() const {
    return static_cast<int>(subject.threads < 1 ? 1 : subject.threads);
  }
};

inline CaseResult interrupted() {
  return {Outcome::interrupted, "stopped; what was measured until then is kept"};
}

}  // namespace ridgepoint

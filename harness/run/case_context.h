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
  std::int64_t started_ns = monotonic_ns();

  [[nodiscard]] bool stopped() const { return stop.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t budget_ns() const {
    return static_cast<std::int64_t>(options.case_budget_seconds * 1e9);
  }
  [[nodiscard]] int threads() const {
    return static_cast<int>(subject.threads < 1 ? 1 : subject.threads);
  }
};

/// A quarter of a case's budget goes to warming up at most.
inline constexpr std::int64_t kWarmUpShare = 4;

inline CaseResult interrupted() {
  return {Outcome::interrupted, "stopped; what was measured until then is kept"};
}

}  // namespace ridgepoint

// Measures the ceilings of this machine, one after the other, with nothing kept but the figures.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "profiler/ceilings/ceiling.h"
#include "profiler/ceilings/time_together.h"

namespace ridgepoint::ceilings {

struct MeasureOptions {
  double step = 1.1;                                   ///< from one working set to the next
  std::int64_t smallest_bytes = 4096;                  ///< a thread
  std::int64_t largest_bytes = std::int64_t{1} << 30;  ///< over all threads
  int threads = 0;                                     ///< the most; 0: one a core
  /// Of each point of a curve and each kind of arithmetic, in each round.
  BatchPlan batch{.batch_ns = 1'000'000, .batches = 3, .budget_ns = 12'000'000, .least_batches = 1};
  /// How often everything is gone through, one round after the other: a figure is what the best of
  /// them gave, so it stands when one round was not disturbed.
  int rounds = 5;
  int least_rounds = 2;
  /// After the least rounds none begins that would not end within it.
  std::int64_t budget_ns = std::numeric_limits<std::int64_t>::max();
  std::uint64_t seed = 1;
};

/// Under a minute on the machine in docs/ceilings.md: fewer sizes, fewer and shorter batches.
MeasureOptions quick_options();

/// Working sets from smallest to largest, both included, each `step` times the one before.
std::vector<std::int64_t> working_sets(std::int64_t smallest, std::int64_t largest, double step);

/// `progress` hears what is measured next. After `stop` is set, what was measured so far is
/// returned.
Measured measure_ceilings(const MeasureOptions& options,
                          const std::function<void(const std::string&)>& progress,
                          const std::atomic<bool>& stop);

/// The levels of a curve as ceilings, of which none holds for a size of another; the last is the
/// outermost.
void add_levels(const Curve& curve, double moved_ratio, std::vector<Ceiling>& into);

/// Arithmetic of `threads` threads (0: one a core), every kind that runs here, each for about
/// `budget_ns`.
std::vector<Ceiling> measure_arithmetic(int threads, std::int64_t budget_ns);

/// Loading from the outermost level, eight streams a thread, over `bytes` in all: what memory gives
/// now. Empty samples: the system gave no memory.
class LoadProbe {
 public:
  LoadProbe(int threads, std::int64_t bytes);
  ~LoadProbe();
  LoadProbe(const LoadProbe&) = delete;
  LoadProbe& operator=(const LoadProbe&) = delete;
  /// Bytes a second, over about `budget_ns`.
  [[nodiscard]] Estimate measure(std::int64_t budget_ns) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridgepoint::ceilings

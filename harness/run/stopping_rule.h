// Whether a case needs another fresh process: until the interval of its median is as narrow as
// asked for, or the budget is spent. Looks at no sample itself, so that it can be tested as
// arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/run/process_plan.h"
#include "harness/run/run_options.h"

namespace ridgepoint {

/// Fewer processes are never called precise.
inline constexpr std::int64_t kLeastForPrecision = 3;

/// What a process took of the case's budget; checking answers is not counted.
struct ProcessCost {
  std::int64_t elapsed_ns = 0;
  std::int64_t least_ns = 0;
  bool alone = false;
};

class StoppingRule {
 public:
  /// `first` is the index that the first process gets: other than 0 when a case that has processes
  /// already is measured again.
  explicit StoppingRule(const RunOptions& options, std::int64_t first = 0);

  /// The plan of the next process; nothing when measuring is over.
  std::optional<ProcessPlan> next();
  /// `half_width` of the interval over all processes so far, as a share of the median.
  void add(const ProcessCost& cost, std::optional<double> half_width);

  /// Why it is over: "precision", "budget", "processes" (as many as may be), "alone" (the least
  /// number of processes did not fit the budget), "one process" (no more was asked for).
  [[nodiscard]] std::string_view ended_by() const { return ended_by_; }

 private:
  std::string_view reason_to_end() const;

  std::int64_t budget_ns_, least_, most_, first_;
  double asked_;
  std::int64_t done_ = 0, spent_ns_ = 0, next_least_ns_ = 0;
  bool alone_ = false, precise_ = false;
  std::string_view ended_by_;
};

}  // namespace ridgepoint

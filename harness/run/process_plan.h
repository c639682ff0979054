// How a case's budget is shared among the fresh processes that measure it. Each may take an equal
// share, its loading and warming up counted. A case of which not even the least number of processes
// would fit is measured in one, which takes the budget alone: then there is no interval, but as
// many passes as the budget pays.
#pragma once

#include <cstdint>

namespace ridgepoint {

/// Of one process, from the parent.
struct ProcessPlan {
  std::int64_t index = 0;      ///< 0 is the one that checks answers
  std::int64_t processes = 1;  ///< that the case is to have at the least
  std::int64_t share_ns = 0;   ///< of the budget; 0: all of it, loading not counted

  bool operator==(const ProcessPlan&) const = default;
};

/// When measuring ends, decided when a process is warm.
struct MeasuringWindow {
  std::int64_t end_ns = 0;    ///< of the monotonic clock
  std::int64_t least_ns = 0;  ///< what a process takes that loads, warms up and measures one pass
  bool alone = false;         ///< the least number of processes does not fit
};

/// A quarter of a process's budget goes to warming up at most.
inline constexpr std::int64_t kWarmUpShare = 4;

/// For warming up, which begins `elapsed_ns` after the process did.
std::int64_t warm_up_budget_ns(const ProcessPlan& plan, std::int64_t case_budget_ns,
                               std::int64_t elapsed_ns);

/// `started_ns` is the start of the process, `warming_ns` and `warm_ns` begin and end of its
/// warm-up of `passes` passes; all of the monotonic clock.
MeasuringWindow measuring_window(const ProcessPlan& plan, std::int64_t case_budget_ns,
                                 std::int64_t started_ns, std::int64_t warming_ns,
                                 std::int64_t warm_ns, std::int64_t passes);

}  // namespace ridgepoint

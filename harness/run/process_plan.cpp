#include "harness/run/process_plan.h"

#include <algorithm>

namespace ridgepoint {

std::int64_t warm_up_budget_ns(const ProcessPlan& plan, std::int64_t case_budget_ns,
                               std::int64_t elapsed_ns) {
  if (plan.share_ns == 0) return case_budget_ns / kWarmUpShare;
  return std::max<std::int64_t>(0, plan.share_ns - elapsed_ns) / kWarmUpShare;
}

MeasuringWindow measuring_window(const ProcessPlan& plan, std::int64_t case_budget_ns,
                                 std::int64_t started_ns, std::int64_t warming_ns,
                                 std::int64_t warm_ns, std::int64_t passes) {
  MeasuringWindow window;
  const auto pass_ns = (warm_ns - warming_ns) / std::max<std::int64_t>(1, passes);
  window.least_ns = warming_ns - started_ns + 2 * pass_ns;
  window.alone =
      plan.share_ns > 0 && plan.index == 0 && plan.processes * window.least_ns > case_budget_ns;
  const bool shared = plan.share_ns > 0 && !window.alone;
  window.end_ns = shared ? started_ns + plan.share_ns
                         : warm_ns + case_budget_ns * (kWarmUpShare - 1) / kWarmUpShare;
  return window;
}

}  // namespace ridgepoint

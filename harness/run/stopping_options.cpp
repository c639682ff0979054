#include "harness/run/stopping_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/run/stopping_rule.h"
#include "workloads/error.h"

namespace ridgepoint {

void settle_stopping_options(RunOptions& options,
                             const std::function<bool(std::string_view name)>& given) {
  if (options.processes > options.most_processes) {
    if (given("processes") && given("most_processes")) {
      throw Error(fmt::format(
          "--processes {} and --most-processes {}: at the least more than at the most; raise "
          "--most-processes or leave it out",
          options.processes, options.most_processes));
    }
    if (given("most_processes")) {
      options.processes = options.most_processes;
    } else {
      options.most_processes = options.processes;
    }
  }
  const bool single = options.processes == 1;
  const std::int64_t most = single ? 1 : options.most_processes;
  if (given("precision_percent") && most < kLeastForPrecision) {
    throw Error(fmt::format(
        "--precision-percent {:g} and {} {}: fewer than {} processes have no interval that could "
        "be called precise; give more of them, or leave --precision-percent out",
        options.precision_percent, single ? "--processes" : "--most-processes", most,
        kLeastForPrecision));
  }
  if (given("case_budget_seconds") && given("time_limit_seconds") &&
      options.case_budget_seconds > options.time_limit_seconds) {
    throw Error(fmt::format(
        "--case-budget-seconds {:g} and --time-limit-seconds {:g}: a case would be ended as timed "
        "out before its budget is spent; lower the budget or raise the limit",
        options.case_budget_seconds, options.time_limit_seconds));
  }
}

}  // namespace ridgepoint

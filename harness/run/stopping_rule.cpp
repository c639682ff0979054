#include "harness/run/stopping_rule.h"

#include <algorithm>

namespace ridgepoint {

StoppingRule::StoppingRule(const RunOptions& options, std::int64_t first)
    : budget_ns_(static_cast<std::int64_t>(options.case_budget_seconds * 1e9)),
      least_(options.processes),
      most_(std::max(options.processes, options.most_processes)),
      first_(first),
      asked_(options.precision_percent / 100) {}

std::string_view StoppingRule::reason_to_end() const {
  if (done_ == 0) return {};
  if (least_ == 1) return "one process";
  if (alone_) return "alone";
  if (precise_ && done_ >= std::max(least_, kLeastForPrecision)) return "precision";
  if (done_ >= most_) return "processes";
  if (budget_ns_ - spent_ns_ < next_least_ns_) return "budget";
  return {};
}

std::optional<ProcessPlan> StoppingRule::next() {
  ended_by_ = reason_to_end();
  if (!ended_by_.empty()) return std::nullopt;
  ProcessPlan plan{.index = first_ + done_, .processes = least_, .share_ns = 0};
  if (least_ > 1) {
    plan.share_ns =
        std::max<std::int64_t>(1, std::min(budget_ns_ / least_, budget_ns_ - spent_ns_));
  }
  return plan;
}

void StoppingRule::add(const ProcessCost& cost, std::optional<double> half_width) {
  ++done_;
  spent_ns_ += cost.elapsed_ns;
  next_least_ns_ = cost.least_ns;
  alone_ = cost.alone;
  precise_ = half_width && *half_width <= asked_;
}

}  // namespace ridgepoint

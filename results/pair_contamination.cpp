#include "results/pair_contamination.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

// From so many pairs on, a cause that keeps to one arm is taken for the arm's own where chance
// would do that once in a hundred sessions.
constexpr std::int64_t kFewestToBlame = 8;
constexpr double kBlameLevel = 0.01;

/// P(X >= k) of a binomial with n trials and probability a half.
double upper_tail(std::int64_t n, std::int64_t k) {
  double term = std::exp2(-static_cast<double>(n));
  double below = 0;
  for (std::int64_t i = 0; i < k; ++i) {
    below += term;
    term *= static_cast<double>(n - i) / static_cast<double>(i + 1);
  }
  return std::max(0.0, 1 - below);
}

double usual(const std::vector<double>& before) {
  return before.empty() ? 0 : median(std::span<const double>(before));
}

double rate_of(std::int64_t count, std::int64_t duration_ns) {
  return duration_ns > 0 ? static_cast<double>(count) * 1e9 / static_cast<double>(duration_ns) : 0;
}

}  // namespace

std::string PairContamination::owner(const std::string& cause) const {
  const auto found = shares_.find(cause);
  if (found == shares_.end()) return "";
  const Share& share = found->second;
  const std::int64_t most = std::max(share.more_in_a, share.more_in_b);
  const std::int64_t all = share.more_in_a + share.more_in_b;
  if (all < kFewestToBlame || 2 * upper_tail(all, most) >= kBlameLevel) return "";
  return share.more_in_a > share.more_in_b ? "A" : "B";
}

bool PairContamination::is_unusual(const std::vector<double>& before, double value) const {
  return value > criteria_.unusual * usual(before);
}

bool PairContamination::drops(const std::string& cause, double in_a, double in_b) {
  // Who is to blame was settled by the pairs before this one.
  const bool outside = owner(cause).empty();
  ++by_cause_[cause];
  Share& share = shares_[cause];
  if (in_a > in_b) ++share.more_in_a;
  if (in_b > in_a) ++share.more_in_b;
  return outside;
}

std::string PairContamination::judge(const AbPair& pair) {
  std::vector<std::string> why;
  if (pair.steal_share > criteria_.steal_share) {
    ++by_cause_["steal"];
    why.push_back(fmt::format("the hypervisor took {:.0f} % of the time", 100 * pair.steal_share));
  }
  const ArmConditions& a = pair.a_conditions;
  const ArmConditions& b = pair.b_conditions;

  const auto throttles = static_cast<double>(pair.throttles);
  if (throttles > 0 && is_unusual(throttles_, throttles)) {
    ++by_cause_["throttling"];
    why.push_back(fmt::format("the CPU was slowed down for its heat {} times", pair.throttles));
  }
  throttles_.push_back(throttles);

  // A free one an arm: what ends a process may push it off its CPU.
  const std::int64_t switches = std::max<std::int64_t>(0, a.involuntary_switches - 1) +
                                std::max<std::int64_t>(0, b.involuntary_switches - 1);
  const double switch_rate = rate_of(switches, a.duration_ns + b.duration_ns);
  if (switch_rate > criteria_.switches_per_second && is_unusual(switch_rates_, switch_rate) &&
      drops("involuntary switches", rate_of(a.involuntary_switches, a.duration_ns),
            rate_of(b.involuntary_switches, b.duration_ns))) {
    why.push_back(fmt::format("pushed off a CPU {:.0f} times a second", switch_rate));
  }
  switch_rates_.push_back(switch_rate);

  const auto faults = static_cast<double>(a.major_faults + b.major_faults);
  if (faults > 0 && is_unusual(faults_, faults) &&
      drops("major faults", static_cast<double>(a.major_faults),
            static_cast<double>(b.major_faults))) {
    why.push_back(fmt::format("{:.0f} pages had to be read from storage", faults));
  }
  faults_.push_back(faults);

  if (a.clock_khz > 0 && b.clock_khz > 0) {
    const auto slowest = static_cast<double>(std::min(a.clock_khz, b.clock_khz));
    const double normal = usual(clocks_);
    if (!clocks_.empty() && slowest < criteria_.clock_share * normal &&
        drops("clock", -static_cast<double>(a.clock_khz), -static_cast<double>(b.clock_khz))) {
      why.push_back(fmt::format("the clock fell to {:.0f} % of the usual", 100 * slowest / normal));
    }
    clocks_.push_back(slowest);
  }
  return fmt::format("{}", fmt::join(why, "; "));
}

}  // namespace ridgepoint

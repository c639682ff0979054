// Which pairs of an A/B do not count, because something outside of the arms disturbed them. The
// rule is declared here once. It sees what the kernel counted, in this pair and in those before it,
// and never a measured value; and it drops a pair as a whole, so that neither arm is favoured.
// docs/statistics.md argues why the gate's guarantee survives that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "results/ab_session.h"
#include "results/contamination.h"

namespace ridgepoint {

/// Limits of `ContaminationCriteria` where a batch and a pair can share them. A count that the
/// session always has is how it is, not a disturbance: beyond the limit, it must also be unusual.
struct PairCriteria {
  double steal_share = 0.1;  ///< of the pair's time, all CPUs
  double switches_per_second = ContaminationCriteria{}.switches_per_second;  ///< one is free an arm
  double clock_share = ContaminationCriteria{}.clock_share;  ///< of the session's usual clock
  double unusual = 3;  ///< times the median of the pairs before
};

/// Fed with the pairs of a session in order, dropped ones too; the same pairs give the same answer.
class PairContamination {
 public:
  explicit PairContamination(const PairCriteria& criteria = {}) : criteria_(criteria) {}

  /// Why the pair does not count; empty: it does. Learns what is usual from it either way.
  std::string judge(const AbPair& pair);

  /// Pairs by cause, counted ones too: a pair may be beyond a limit and count all the same, where
  /// the cause turned out to belong to one arm.
  [[nodiscard]] const std::map<std::string, std::int64_t>& by_cause() const { return by_cause_; }
  /// "A" or "B" where the cause fell on that arm so often that it is the arm's own doing; empty
  /// otherwise.
  [[nodiscard]] std::string owner(const std::string& cause) const;

 private:
  struct Share {
    std::int64_t more_in_a = 0, more_in_b = 0;  ///< pairs beyond the limit, by where there was more
  };
  [[nodiscard]] bool is_unusual(const std::vector<double>& before, double value) const;
  /// Whether a count that is beyond its limit drops the pair.
  bool drops(const std::string& cause, double in_a, double in_b);

  PairCriteria criteria_;
  std::vector<double> switch_rates_, faults_, throttles_, clocks_;
  std::map<std::string, std::int64_t> by_cause_;
  std::map<std::string, Share> shares_;
};

}  // namespace ridgepoint

// Counted ranges: what hardware counters said of each op of a pass. The host's part, without CUPTI:
// which range was which op, what a range's figures mean, and sums of an op over its turns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "profiler/cupti/activity_join.h"
#include "profiler/cupti/metric_schedule.h"

namespace ridgepoint {

/// One turn of an op, in the order in which they were announced.
struct CountedRange {
  OpPlace op;
  std::int64_t begun_ns = 0;   ///< on the host's clock, of the last replay
  std::vector<double> values;  ///< by metric of the schedule, in the meaning's unit; empty: none
};

/// Names that no two ranges of a pass share, since CUPTI would take them for one.
std::string range_name(std::size_t number);
/// Nothing that is no such name is a number: std::string::npos.
std::size_t range_number(const std::string& name);

/// Raw values as CUPTI evaluated them, times each metric's factor. False, and no values, where
/// there are not as many or one is no number or negative.
bool take_values(CountedRange& range, std::span<const double> raw, const MetricSchedule& schedule);

/// Whether a meaning's values are shares of the time that they were counted over, of which the mean
/// over time is kept where others are added up.
bool is_share_of_time(const std::string& meaning);
/// What counts of a time are added with: where a share is kept, times `weight`, which is that time.
class CountSum {
 public:
  void add(const std::string& meaning, double value, double weight);
  /// By meaning.
  [[nodiscard]] std::map<std::string, double> values() const;

 private:
  struct Sum {
    double value = 0, weight = 0;
  };
  std::map<std::string, Sum> sums_;
};
/// The meaning whose values are that time.
inline constexpr const char* kCountedTime = "time_ns";

/// By op id, then by meaning: over the turns that began within [begin_ns, end_ns) the sum, or the
/// mean over their time. An op of which a turn has no values is left out.
using CountsOfOps = std::map<std::string, std::map<std::string, double>>;
CountsOfOps sum_counts(std::span<const CountedRange> ranges, const MetricSchedule& schedule,
                       std::span<const SpanSource> sources, std::int64_t begin_ns,
                       std::int64_t end_ns);

}  // namespace ridgepoint

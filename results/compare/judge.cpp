#include "results/compare/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "results/metric.h"
#include "results/metric_tolerance.h"
#include "results/peer_metric.h"
#include "results/quality_metrics.h"
#include "results/repetition_values.h"
#include "results/report/table.h"
#include "results/statistics/rank_shift.h"
#include "results/statistics/ratio_of_medians.h"
#include "results/statistics/welch_shift.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

// By how much of the threshold medians may miss the interval of a shift without a word.
constexpr double kShareOfThreshold = 0.1;

/// From this many values a side on, ranks decide at any usual alpha and need no assumption.
constexpr std::size_t kFewestForRanks = 8;
/// Standard errors that a difference of quality has to exceed: 0.3 % by chance, were it normal.
constexpr double kErrorsToDiffer = 3;

double stored(const Record& record, std::string_view metric) {
  const auto found = record.measurement.metrics.find(std::string(metric));
  return found == record.measurement.metrics.end() ? std::numeric_limits<double>::quiet_NaN()
                                                   : found->second;
}

void judge_tolerated(const MetricTolerance& tolerance, ComparisonRow& row) {
  const bool known_a = !std::isnan(row.value_a);
  const bool known_b = !std::isnan(row.value_b);
  if (!known_a || !known_b) {
    row.verdict = known_a ? Verdict::slower : known_b ? Verdict::faster : Verdict::same;
    row.reason = known_a ? "B is not a number" : known_b ? "A is not a number" : "";
  } else if (exceeds(tolerance, row.value_b, row.value_a)) {
    row.verdict = Verdict::slower;
  } else if (exceeds(tolerance, row.value_a, row.value_b)) {
    row.verdict = Verdict::faster;
  } else {
    row.verdict = Verdict::same;
  }
}

/// Logarithms of the cost: of the value where less is better, of its inverse where more is.
void to_costs(std::vector<double>& values, Better better) {
  for (double& value : values)
    value = better == Better::higher ? -std::log(value) : std::log(value);
}

double ratio_of_cost(double cost, Better better) {
  return std::exp(better == Better::higher ? -cost : cost);
}

Interval ratio_interval(const Interval& costs, Better better) {
  const double first = ratio_of_cost(costs.low, better);
  const double second = ratio_of_cost(costs.high, better);
  return {std::min(first, second), std::max(first, second)};
}

std::string processes_text(const RowReplication& replication) {
  if (replication.processes_a == 1 && replication.processes_b == 1) return "one process each";
  return fmt::format("{} and {}", replication.processes_a,
                     number_of(replication.processes_b, "process"));
}

std::string too_little(const RowReplication& replication) {
  const auto fewest = std::min(replication.values_a, replication.values_b);
  if (fewest < static_cast<std::int64_t>(kFewestValuesForBlocks)) {
    return fmt::format(
        "{} and {} in {}: too few to judge by; measure in {} processes or {} "
        "repetitions",
        replication.values_a, number_of(replication.values_b, "repetition"),
        processes_text(replication), kFewestProcesses, kFewestValuesForBlocks);
  }
  return fmt::format(
      "repetitions in {} hang together too much for {} independent blocks; measure in {} processes "
      "or longer",
      processes_text(replication), kFewestBlocks, kFewestProcesses);
}

/// A difference of quality that another text might not show is none.
void doubt_quality(const Record& a, const Record& b, ComparisonRow& row) {
  const auto difference = quality_difference(row.metric, a.measurement, b.measurement);
  if (!difference || (row.verdict != Verdict::slower && row.verdict != Verdict::faster)) return;
  if (!difference->standard_error) {
    row.verdict = Verdict::undecided;
    row.reason = "so few windows of text say nothing of their error; take more --tokens";
  } else if (!(std::abs(difference->value) > kErrorsToDiffer * *difference->standard_error)) {
    row.verdict = Verdict::undecided;
    row.reason = fmt::format("a difference of {} is within {:g} errors; take more --tokens",
                             format_with_error(difference->value, *difference->standard_error),
                             kErrorsToDiffer);
  }
}

}  // namespace

void weigh(const Record& a, const Record& b, std::string_view metric, double threshold,
           double alpha, ComparisonRow& row) {
  row.metric = metric;
  row.better = better_of_metric(metric);
  if (const MetricTolerance* tolerance = find_metric_tolerance(metric)) {
    row.value_a = stored(a, metric);
    row.value_b = stored(b, metric);
    judge_tolerated(*tolerance, row);
    doubt_quality(a, b, row);
    return;
  }
  const RepetitionValues of_a = repetition_values(metric, a.subject, a.measurement);
  const RepetitionValues of_b = repetition_values(metric, b.subject, b.measurement);
  if (of_a.values.empty() || of_b.values.empty()) {
    row.value_a = stored(a, metric);
    row.value_b = stored(b, metric);
    row.reason = "single values without samples: nothing says how far they can be trusted";
    if (const std::string_view hint = samples_of_peer(metric); !hint.empty()) {
      row.reason += fmt::format(" ({})", hint);
    }
    return;
  }
  row.value_a = median(std::span<const double>(of_a.values));
  row.value_b = median(std::span<const double>(of_b.values));
  const auto has_logarithm = [](double value) { return value > 0 && std::isfinite(value); };
  if (!std::ranges::all_of(of_a.values, has_logarithm) ||
      !std::ranges::all_of(of_b.values, has_logarithm)) {
    row.reason = "a repetition of 0 has no ratio";
    return;
  }
  ReplicatePair pair =
      replicates({of_a.values, of_a.process_counts}, {of_b.values, of_b.process_counts});
  row.replication = {.unit = pair.unit,
                     .count_a = static_cast<std::int64_t>(pair.a.values.size()),
                     .count_b = static_cast<std::int64_t>(pair.b.values.size()),
                     .values_a = static_cast<std::int64_t>(of_a.values.size()),
                     .values_b = static_cast<std::int64_t>(of_b.values.size()),
                     .processes_a = static_cast<std::int64_t>(pair.a.processes),
                     .processes_b = static_cast<std::int64_t>(pair.b.processes)};
  if (pair.unit == Replication::none) {
    row.reason = too_little(row.replication);
    return;
  }
  to_costs(pair.a.values, row.better);
  to_costs(pair.b.values, row.better);
  const double margin = std::log1p(threshold);
  const bool few = std::min(pair.a.values.size(), pair.b.values.size()) < kFewestForRanks;
  const bool by_mean = pair.unit == Replication::processes && few;
  const Shift shift = by_mean ? welch_shift(pair.a.values, pair.b.values, alpha, margin)
                              : rank_shift(pair.a.values, pair.b.values, alpha, margin);
  if (!shift.interval) {
    row.reason = fmt::format("{} and {} independent values allow no interval at alpha {}",
                             pair.a.values.size(), pair.b.values.size(), alpha);
    return;
  }
  RatioEvidence evidence;
  evidence.ratio = ratio_of_cost(shift.estimate, row.better);
  evidence.interval = ratio_interval(*shift.interval, row.better);
  evidence.p = std::min(1.0, 2 * std::min(shift.p_above, shift.p_below));
  const MedianRatio medians = ratio_of_medians(pair.a.values, pair.b.values, alpha);
  evidence.ratio_of_medians = row.better == Better::higher ? 1 / medians.value : medians.value;
  if (medians.interval) {
    evidence.ratio_of_medians_interval = ratio_interval(
        {std::log(medians.interval->low), std::log(medians.interval->high)}, row.better);
  }
  row.evidence = evidence;
}

void decide(double threshold, double alpha, ComparisonRow& row) {
  const RatioEvidence& evidence = row.evidence.value();
  const double margin = std::log1p(threshold);
  double low = std::log(evidence.interval.low);
  double high = std::log(evidence.interval.high);
  if (row.better == Better::higher) {
    std::swap(low, high);
    low = -low;
    high = -high;
  }
  const bool significant = evidence.adjusted_p <= alpha;
  const double medians =
      (row.better == Better::higher ? -1 : 1) * std::log(row.value_b / row.value_a);
  // Beside an interval of some nanoseconds, the next rounding is outside; that is no level.
  const double slack = kShareOfThreshold * margin;
  const bool one_level = low - slack <= medians && medians <= high + slack;
  const std::string levels = fmt::format(
      "the ratio of medians, {:.3f}, lies outside of the interval: the repetitions have more than "
      "one level",
      row.value_b / row.value_a);
  if (low > margin && medians > margin && significant) {
    row.verdict = Verdict::slower;
    if (!one_level) row.reason = levels;
  } else if (high < -margin && medians < -margin && significant) {
    row.verdict = Verdict::faster;
    if (!one_level) row.reason = levels;
  } else if (low > -margin && high < margin && std::abs(medians) < margin) {
    row.verdict = Verdict::same;
  } else {
    row.verdict = Verdict::undecided;
    const bool beyond = low > margin || high < -margin;
    row.reason = !one_level ? levels
                 : beyond
                     ? fmt::format(
                           "beyond the threshold by itself, but not among so many tests "
                           "(p {:.2g} after Holm)",
                           evidence.adjusted_p)
                     : "the interval reaches across the threshold; more processes would narrow it";
  }
}

}  // namespace ridgepoint

#include "results/statistics/replicates.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

/// Longest series whose correlation is looked at value by value.
constexpr std::size_t kMostLookedAt = 2048;
/// Blocks of this many autocorrelation times: neighbours then correlate so little that false
/// verdicts stay below alpha (tests/simulation/compare_error_rates.cpp).
constexpr double kTimesPerBlock = 3;
/// Below this the blocks are single values.
constexpr double kNegligibleTime = 1.25;

using Values = std::span<const double>;

/// The values of each process.
std::vector<Values> by_process(const ProcessValues& side) {
  std::vector<Values> processes;
  std::size_t from = 0;
  for (const std::int64_t count : side.counts) {
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(0, count));
    if (size == 0) continue;
    if (from + size > side.values.size()) return {side.values};  // counts of something else
    processes.push_back(side.values.subspan(from, size));
    from += size;
  }
  if (from != side.values.size()) return {side.values};
  return processes;
}

/// Medians of neighbouring blocks of `length` values; a rest too short for a block joins none.
std::vector<double> block_medians(Values values, std::size_t length) {
  std::vector<double> medians;
  if (length == 1) return {values.begin(), values.end()};
  for (std::size_t from = 0; from + length <= values.size(); from += length) {
    medians.push_back(median(values.subspan(from, length)));
  }
  return medians;
}

/// Centred ranks, ties in their order: good enough to correlate by.
std::vector<double> centred_ranks(Values values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    const double rank = static_cast<double>(from + to - 1) / 2;
    for (; from < to; ++from) ranks[order[from]] = rank;
  }
  const double middle = static_cast<double>(values.size() - 1) / 2;
  for (double& rank : ranks) rank -= middle;
  return ranks;
}

double covariance(const std::vector<double>& ranks, std::size_t lag) {
  return std::inner_product(ranks.begin() + static_cast<std::ptrdiff_t>(lag), ranks.end(),
                            ranks.begin(), 0.0);
}

std::size_t divided_up(std::size_t value, std::size_t by) {
  return (value + by - 1) / by;
}

Replicates process_medians(const std::vector<Values>& processes) {
  Replicates result;
  result.processes = processes.size();
  for (const Values values : processes) result.values.push_back(median(values));
  return result;
}

Replicates blocks(const std::vector<Values>& processes) {
  Replicates result;
  result.processes = processes.size();
  std::size_t total = 0;
  double time = 1;
  for (const Values values : processes) {
    total += values.size();
    const std::size_t coarse = divided_up(values.size(), kMostLookedAt);
    const std::vector<double> looked_at = block_medians(values, coarse);
    if (looked_at.size() < 3) continue;
    const double own = autocorrelation_time(looked_at);
    // Coarse values that look independent say that one coarse block suffices.
    time = std::max(time, coarse == 1 ? own : own * static_cast<double>(coarse));
  }
  if (total < kFewestValuesForBlocks) return result;
  if (time > kNegligibleTime) {
    result.block_length = static_cast<std::size_t>(std::ceil(kTimesPerBlock * time));
  }
  result.block_length = std::max(result.block_length, divided_up(total, kMostBlocks));
  for (const Values values : processes) {
    const std::vector<double> medians = block_medians(values, result.block_length);
    result.values.insert(result.values.end(), medians.begin(), medians.end());
  }
  return result;
}

}  // namespace

std::string_view name_of(Replication unit) {
  switch (unit) {
    case Replication::processes:
      return "processes";
    case Replication::blocks:
      return "blocks";
    case Replication::none:
      return "none";
  }
  throw std::logic_error("name_of: not a Replication");
}

double autocorrelation_time(std::span<const double> values) {
  if (values.size() < 3) return 1;
  const std::vector<double> ranks = centred_ranks(values);
  const double variance = covariance(ranks, 0);
  if (!(variance > 0)) return 1;
  const auto count = static_cast<double>(values.size());
  const double first = covariance(ranks, 1) / variance;
  const double corrected = std::min(first + (1 + 3 * first) / count, 0.99);
  double time = 1;
  if (corrected > 0) time = (1 + corrected) / (1 - corrected);

  double geyer = -1;
  for (std::size_t lag = 0; lag + 1 < std::max<std::size_t>(3, values.size() / 4); lag += 2) {
    const double pair = (covariance(ranks, lag) + covariance(ranks, lag + 1)) / variance;
    if (pair <= 0) break;
    geyer += 2 * pair;
  }
  return std::max({1.0, time, geyer});
}

ReplicatePair replicates(const ProcessValues& a, const ProcessValues& b) {
  if (a.values.empty() || b.values.empty()) return {};
  const std::vector<Values> processes_a = by_process(a);
  const std::vector<Values> processes_b = by_process(b);
  if (std::min(processes_a.size(), processes_b.size()) >= kFewestProcesses) {
    return {Replication::processes, process_medians(processes_a), process_medians(processes_b)};
  }
  ReplicatePair pair{Replication::blocks, blocks(processes_a), blocks(processes_b)};
  if (std::min(pair.a.values.size(), pair.b.values.size()) < kFewestBlocks) {
    pair.unit = Replication::none;
  }
  return pair;
}

}  // namespace ridgepoint

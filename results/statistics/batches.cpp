#include "results/statistics/batches.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr double kMostAutocorrelation = 0.97;

}  // namespace

std::vector<std::int64_t> counts_by_process(std::span<const std::int64_t> samples,
                                            std::span<const std::int64_t> process_counts) {
  const auto total = static_cast<std::int64_t>(samples.size());
  if (process_counts.empty()) return {total};
  std::int64_t sum = 0;
  for (const auto count : process_counts) {
    if (count < 0 || count > total) throw std::invalid_argument("counts_by_process: not counts");
    sum += count;
  }
  if (sum != total) throw std::invalid_argument("counts_by_process: not those of the samples");
  return {process_counts.begin(), process_counts.end()};
}

std::vector<Batch> batches_of(std::span<const std::int64_t> samples,
                              std::span<const std::int64_t> process_counts) {
  const auto counts = counts_by_process(samples, process_counts);
  const std::size_t size = (samples.size() + kMostBatches - 1) / kMostBatches;
  std::vector<Batch> batches;
  std::size_t start = 0;
  for (std::size_t process = 0; process < counts.size(); ++process) {
    const auto count = static_cast<std::size_t>(counts[process]);
    if (count == 0) continue;
    const std::size_t pieces = std::max<std::size_t>(1, count / size);
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const std::size_t from = start + count * piece / pieces;
      const std::size_t to = start + count * (piece + 1) / pieces;
      batches.push_back({static_cast<std::int64_t>(from), static_cast<std::int64_t>(to - from),
                         process, median(samples.subspan(from, to - from))});
    }
    start += count;
  }
  return batches;
}

double neighbour_autocorrelation(std::span<const double> values,
                                 std::span<const std::size_t> groups) {
  if (values.size() != groups.size()) {
    throw std::invalid_argument("neighbour_autocorrelation: a group for each value");
  }
  double products = 0, squares = 0;
  for (std::size_t start = 0; start < values.size();) {
    std::size_t end = start;
    while (end < values.size() && groups[end] == groups[start]) ++end;
    const auto group = values.subspan(start, end - start);
    const double mean =
        std::accumulate(group.begin(), group.end(), 0.0) / static_cast<double>(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
      squares += (group[i] - mean) * (group[i] - mean);
      if (i > 0) products += (group[i] - mean) * (group[i - 1] - mean);
    }
    start = end;
  }
  if (values.size() < 4 || !(squares > 0)) return 0;
  const double raw = products / squares;
  const double corrected = raw + (1 + 4 * raw) / static_cast<double>(values.size());
  return std::clamp(corrected, -kMostAutocorrelation, kMostAutocorrelation);
}

}  // namespace ridgepoint

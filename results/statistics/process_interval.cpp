#include "results/statistics/process_interval.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "results/statistics/batches.h"
#include "results/statistics/distributions.h"

namespace ridgepoint {
namespace {

constexpr int kReplicates = 200;
constexpr std::uint64_t kSeed = 0x52504442;
// Fewer blocks than this inside a process say nothing about its spread.
constexpr std::size_t kLeastBlocks = 4;

double sum_of_squares(const std::vector<double>& values) {
  double mean = 0, sum = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

/// Blocks for the bootstrap of `count` values of an AR(1) process: Carlstein (1986, Annals of
/// Statistics 14), (2 r / (1 - r^2))^(2/3) count^(1/3).
std::size_t block_length(double autocorrelation, std::size_t count) {
  const double r = std::max(0.0, autocorrelation);
  const double length =
      std::pow(2 * r / (1 - r * r), 2.0 / 3) * std::cbrt(static_cast<double>(count));
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(length)));
}

/// Variance of the median of one process's batches under a circular block bootstrap (Politis &
/// Romano 1992).
double bootstrap_variance(const std::vector<double>& values, std::size_t length,
                          std::mt19937_64& random) {
  std::vector<double> medians, drawn;
  for (int i = 0; i < kReplicates; ++i) {
    drawn.clear();
    while (drawn.size() < values.size()) {
      const std::size_t start = random() % values.size();
      for (std::size_t j = 0; j < length && drawn.size() < values.size(); ++j) {
        drawn.push_back(values[(start + j) % values.size()]);
      }
    }
    medians.push_back(median(drawn));
  }
  return sum_of_squares(medians) / (kReplicates - 1);
}

/// Half-width from what happens inside processes alone; 0 when one of them has too few blocks.
double within_half_width(std::span<const std::int64_t> samples,
                         std::span<const std::int64_t> process_counts) {
  const auto batches = batches_of(samples, process_counts);
  std::vector<double> values;
  std::vector<std::size_t> groups;
  for (const auto& batch : batches) {
    values.push_back(batch.median);
    groups.push_back(batch.process);
  }
  const double autocorrelation = neighbour_autocorrelation(values, groups);
  std::mt19937_64 random(kSeed);
  double variance = 0;
  std::size_t processes = 0, blocks = 0;
  for (std::size_t start = 0; start < batches.size();) {
    std::size_t end = start;
    while (end < batches.size() && groups[end] == groups[start]) ++end;
    const std::vector<double> own(values.begin() + static_cast<std::ptrdiff_t>(start),
                                  values.begin() + static_cast<std::ptrdiff_t>(end));
    const std::size_t length = block_length(autocorrelation, own.size());
    if (own.size() / length < kLeastBlocks) return 0;
    variance += bootstrap_variance(own, length, random);
    blocks += own.size() / length;
    ++processes;
    start = end;
  }
  const double t =
      student_upper_quantile((1 - kLookConfidence) / 2, static_cast<double>(blocks - processes));
  return t * std::sqrt(variance) / static_cast<double>(processes);
}

}  // namespace

std::optional<ProcessInterval> process_interval(std::span<const std::int64_t> samples,
                                                std::span<const std::int64_t> process_counts) {
  std::vector<double> medians;
  std::size_t start = 0;
  for (const auto count : counts_by_process(samples, process_counts)) {
    const auto size = static_cast<std::size_t>(count);
    if (size > 0) medians.push_back(median(samples.subspan(start, size)));
    start += size;
  }
  if (medians.size() < 2) return std::nullopt;
  ProcessInterval result;
  result.median = median(samples);
  if (!(result.median > 0)) return std::nullopt;
  const auto count = static_cast<double>(medians.size());
  result.processes = static_cast<std::int64_t>(medians.size());
  double centre = 0;
  for (const double value : medians) centre += value / count;
  result.between = student_upper_quantile((1 - kLookConfidence) / 2, count - 1) *
                   std::sqrt(sum_of_squares(medians) / (count - 1) / count);
  result.within = within_half_width(samples, process_counts);
  const double half = std::max(result.between, result.within);
  // The median of all samples is what is shown; it may lie apart from the mean of the processes'.
  // What is measured is never negative, however little two processes know.
  result.interval = {std::clamp(centre - half, 0.0, result.median),
                     std::max(centre + half, result.median)};
  result.half_width =
      std::max(result.median - result.interval.low, result.interval.high - result.median) /
      result.median;
  return result;
}

}  // namespace ridgepoint

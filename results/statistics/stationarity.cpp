#include "results/statistics/stationarity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <random>

#include "results/statistics/batches.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

// There are two tests: half of the false alarms each.
constexpr double kRateEach = kFalseAlarmRate / 2;
// Levels are named where their distance is this many times what the batches of one level scatter:
// the halves of a bell curve are three apart.
constexpr double kSeparation = 6;
// Most batches that may lie in the middle third between two levels, on their way.
constexpr double kMostBetween = 0.1;
constexpr std::size_t kLeastInLevel = 3;
constexpr double kLeastShareOfLevel = 0.05;
constexpr int kPermutations = 1999;
// So many orders that look as bad settle it (Besag & Clifford 1991, Biometrika 78).
constexpr int kEnoughAsLarge = 20;
constexpr std::uint64_t kStationaritySeed = 0x52504442;

double middle_of(const std::vector<double>& values) {
  return median(std::span<const double>(values));
}

/// Standard deviation of a bell curve with the same median absolute deviation.
double scatter(const std::vector<double>& values) {
  const double middle = middle_of(values);
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - middle));
  return 1.4826 * middle_of(distances);
}

/// P(at most `runs` runs) in a random order of `a` things of one kind and `b` of another (Wald &
/// Wolfowitz 1940, Annals of Mathematical Statistics 11).
double probability_of_few_runs(std::size_t a, std::size_t b, std::size_t runs) {
  const auto log_choose = [](std::size_t n, std::size_t k) {
    if (k > n) return -std::numeric_limits<double>::infinity();
    return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
           std::lgamma(static_cast<double>(n - k) + 1);
  };
  const double all = log_choose(a + b, a);
  double sum = 0;
  for (std::size_t r = 2; r <= runs; ++r) {
    const std::size_t half = r / 2;
    if (r % 2 == 0) {
      sum += 2 * std::exp(log_choose(a - 1, half - 1) + log_choose(b - 1, half - 1) - all);
    } else {
      sum += std::exp(log_choose(a - 1, half) + log_choose(b - 1, half - 1) - all) +
             std::exp(log_choose(a - 1, half - 1) + log_choose(b - 1, half) - all);
    }
  }
  return std::min(1.0, sum);
}

class Judge {
 public:
  Judge(std::span<const std::int64_t> samples, std::span<const std::int64_t> process_counts,
        double floor)
      : batches_(batches_of(samples, process_counts)), floor_(floor) {
    for (const auto& batch : batches_) {
      values_.push_back(batch.median);
      groups_.push_back(batch.process);
    }
    result_.batches = batches_.size();
  }

  Stationarity judge() {
    if (batches_.size() < kLeastBatches) return result_;
    middle_ = middle_of(values_);
    if (!(middle_ > 0)) return result_;
    result_.steadiness = Steadiness::steady;
    if (!find_levels()) find_change();
    return result_;
  }

 private:
  using Labels = std::vector<bool>;  ///< of each batch: whether it belongs to the upper level

  // ---- two levels, apart ----

  bool find_levels() {
    const auto labels = split_by_value();
    if (!labels) return false;
    std::vector<double> low, high;
    std::size_t runs = 1;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      ((*labels)[i] ? high : low).push_back(values_[i]);
      if (i > 0 && (*labels)[i] != (*labels)[i - 1]) ++runs;
    }
    const double lower = middle_of(low), upper = middle_of(high), distance = upper - lower;
    const double widest = std::max(scatter(low) / lower, scatter(high) / upper) * middle_;
    if (distance < kSeparation * widest) return false;
    const auto between = std::count_if(values_.begin(), values_.end(), [&](double value) {
      return value > lower + distance / 3 && value < upper - distance / 3;
    });
    if (static_cast<double>(between) > kMostBetween * static_cast<double>(values_.size())) {
      return false;
    }
    const double p = probability_of_few_runs(low.size(), high.size(), runs);
    result_.p_value = std::min(result_.p_value, p);
    if (p > kRateEach || !matters(*labels)) return false;
    name_levels(*labels);
    return true;
  }

  /// The split of the sorted values with the least sum of squares inside its halves; nothing where
  /// one of them would be too small.
  [[nodiscard]] std::optional<Labels> split_by_value() const {
    std::vector<double> sorted = values_;
    std::ranges::sort(sorted);
    const std::size_t count = sorted.size();
    const std::size_t least = std::max(
        kLeastInLevel,
        static_cast<std::size_t>(std::ceil(kLeastShareOfLevel * static_cast<double>(count))));
    const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
    double below = 0, best = -1;
    std::size_t best_split = 0;
    for (std::size_t i = 1; i < count; ++i) {
      below += sorted[i - 1];
      if (i < least || count - i < least) continue;
      const double difference =
          (total - below) / static_cast<double>(count - i) - below / static_cast<double>(i);
      const double explained =
          static_cast<double>(i) * static_cast<double>(count - i) * difference * difference;
      if (explained > best) {
        best = explained;
        best_split = i;
      }
    }
    if (best_split == 0 || !(sorted[best_split] > sorted[best_split - 1])) return std::nullopt;
    const double threshold = (sorted[best_split - 1] + sorted[best_split]) / 2;
    Labels labels;
    for (const double value : values_) labels.push_back(value > threshold);
    return labels;
  }

  // ---- shifts and trends within noise ----

  /// Looks for one change inside of processes, each about its own median.
  void find_change() {
    const std::vector<double> values = about_process_medians();
    const auto count = values.size();
    const std::vector<double> ranks = ranks_about_zero(values);
    const std::size_t split = largest_sum(ranks).second;
    const std::vector<double> before(values.begin(),
                                     values.begin() + static_cast<std::ptrdiff_t>(split));
    const std::vector<double> after(values.begin() + static_cast<std::ptrdiff_t>(split),
                                    values.end());
    const double slope = slope_per_batch(values), middle = middle_of(values);
    const double early = middle_of(before), late = middle_of(after);
    const double centre = (static_cast<double>(count) - 1) / 2;
    std::vector<double> from_step, from_line;
    for (std::size_t i = 0; i < count; ++i) {
      from_step.push_back(values[i] - (i >= split ? late : early));
      from_line.push_back(values[i] - middle - slope * (static_cast<double>(i) - centre));
    }
    const auto size = [](const std::vector<double>& residuals) {
      return std::accumulate(residuals.begin(), residuals.end(), 0.0,
                             [](double sum, double x) { return sum + std::abs(x); });
    };
    const bool line = size(from_line) < size(from_step);
    const std::vector<std::size_t> one_group(count, 0);
    const double autocorrelation =
        std::max(0.0, neighbour_autocorrelation(line ? from_line : from_step, one_group));
    const auto block = static_cast<std::size_t>(
        std::lround(std::max(1.0, (1 + autocorrelation) / (1 - autocorrelation))));
    result_.block = block;
    if (count / block < kLeastBatches) {
      result_.steadiness = Steadiness::too_few;
      return;
    }
    const double p = permutation_p_value(ranks, block, autocorrelation);
    result_.p_value = std::min(result_.p_value, p);
    if (p > kRateEach) return;
    const double change = slope * static_cast<double>(count - 1);
    if (line && std::abs(change) >= floor_ * middle_) {
      result_.steadiness = Steadiness::trend;
      result_.start = middle_ - change / 2;
      result_.end = middle_ + change / 2;
      return;
    }
    // Medians of a mixture jump; the mean of the middle must have moved as well.
    const double step =
        std::min(std::abs(late - early), std::abs(middle_mean(after) - middle_mean(before)));
    if (line || step < floor_ * middle_) return;
    Labels labels(count);
    for (std::size_t i = split; i < count; ++i) labels[i] = true;
    name_levels(labels);
  }

  [[nodiscard]] std::vector<double> about_process_medians() const {
    if (groups_.front() == groups_.back()) return values_;
    std::vector<double> moved;
    for (std::size_t start = 0; start < values_.size();) {
      std::size_t end = start;
      while (end < values_.size() && groups_[end] == groups_[start]) ++end;
      const std::vector<double> own(values_.begin() + static_cast<std::ptrdiff_t>(start),
                                    values_.begin() + static_cast<std::ptrdiff_t>(end));
      const double median = middle_of(own);
      for (const double value : own) moved.push_back(value - median + middle_);
      start = end;
    }
    return moved;
  }

  static double middle_mean(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t cut = values.size() / 10;
    double sum = 0;
    for (std::size_t i = cut; i < values.size() - cut; ++i) sum += values[i];
    return sum / static_cast<double>(values.size() - 2 * cut);
  }

  static std::vector<double> ranks_about_zero(const std::vector<double>& values) {
    const std::size_t count = values.size();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> ranks(count);
    for (std::size_t from = 0; from < count;) {
      std::size_t to = from;
      while (to < count && values[order[to]] == values[order[from]]) ++to;
      for (std::size_t i = from; i < to; ++i) {
        ranks[order[i]] =
            static_cast<double>(from + to - 1) / 2 - (static_cast<double>(count) - 1) / 2;
      }
      from = to;
    }
    return ranks;
  }

  /// The largest standardised sum of what stands before a point, and that point: a step there fits
  /// best (CUSUM; Page 1954).
  static std::pair<double, std::size_t> largest_sum(const std::vector<double>& centred) {
    const auto count = static_cast<double>(centred.size());
    double sum = 0, largest = -1;
    std::size_t at = 0;
    for (std::size_t i = 1; i < centred.size(); ++i) {
      sum += centred[i - 1];
      if (i < kLeastInLevel || centred.size() - i < kLeastInLevel) continue;
      const auto before = static_cast<double>(i);
      const double size = std::abs(sum) / std::sqrt(before * (count - before) / count);
      if (size > largest) {
        largest = size;
        at = i;
      }
    }
    return {largest, at};
  }

  /// How often random orders of whole blocks have as large a sum. Cutting a correlated series into
  /// blocks loses what goes over the cuts; for AR(1) that share is known and given back.
  static double permutation_p_value(const std::vector<double>& ranks, std::size_t block,
                                    double autocorrelation) {
    const double observed = largest_sum(ranks).first;
    const auto length = static_cast<double>(block);
    const double r = autocorrelation;
    const double lost = 2 * r * (1 - std::pow(r, length)) / (length * (1 - r * r));
    const double correction = 1 / std::sqrt(std::max(0.1, 1 - lost));
    std::mt19937_64 random(kStationaritySeed);
    std::vector<std::size_t> starts;
    for (std::size_t start = 0; start < ranks.size(); start += block) {
      starts.push_back(start);
    }
    int as_large = 0;
    std::vector<double> permuted;
    for (int i = 0; i < kPermutations; ++i) {
      for (std::size_t j = starts.size() - 1; j > 0; --j) {
        std::swap(starts[j], starts[random() % (j + 1)]);
      }
      permuted.clear();
      for (const std::size_t start : starts) {
        const std::size_t end = std::min(start + block, ranks.size());
        permuted.insert(permuted.end(), ranks.begin() + static_cast<std::ptrdiff_t>(start),
                        ranks.begin() + static_cast<std::ptrdiff_t>(end));
      }
      if (correction * largest_sum(permuted).first >= observed) ++as_large;
      if (as_large == kEnoughAsLarge) return static_cast<double>(kEnoughAsLarge) / (i + 1);
    }
    return (1.0 + as_large) / (1.0 + kPermutations);
  }

  /// The median of the slopes between batches half the series apart: Theil & Sen, thinned.
  static double slope_per_batch(const std::vector<double>& values) {
    const std::size_t half = values.size() / 2;
    std::vector<double> slopes;
    for (std::size_t i = 0; i + half < values.size(); ++i) {
      slopes.push_back((values[i + half] - values[i]) / static_cast<double>(half));
    }
    return middle_of(slopes);
  }

  // ---- whether it matters ----

  [[nodiscard]] double median_where(const Labels& labels, bool upper) const {
    std::vector<double> chosen;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (labels[i] == upper) chosen.push_back(values_[i]);
    }
    return middle_of(chosen);
  }

  /// At least the floor inside of some process, or kBetweenProcesses between them.
  [[nodiscard]] bool matters(const Labels& labels) const {
    const double lower = median_where(labels, false), upper = median_where(labels, true);
    if (upper >= kBetweenProcesses * lower) return true;
    std::map<std::size_t, std::pair<std::vector<double>, std::vector<double>>> by_process;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      auto& [low, high] = by_process[groups_[i]];
      (labels[i] ? high : low).push_back(values_[i]);
    }
    return std::ranges::any_of(by_process, [&](const auto& entry) {
      const auto& [low, high] = entry.second;
      return low.size() >= 2 && high.size() >= 2 &&
             middle_of(high) - middle_of(low) >= floor_ * middle_;
    });
  }

  void name_levels(const Labels& labels) {
    result_.steadiness = Steadiness::levels;
    result_.levels.resize(2);
    const bool upper_is_true = median_where(labels, true) > median_where(labels, false);
    for (const bool label : {false, true}) {
      result_.levels[label == upper_is_true ? 1 : 0].median = median_where(labels, label);
    }
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      auto& level = result_.levels[labels[i] == upper_is_true ? 1 : 0];
      const std::int64_t first = batches_[i].first, last = first + batches_[i].count - 1;
      level.samples += batches_[i].count;
      if (i > 0 && labels[i] == labels[i - 1]) {
        level.ranges.back().second = last;
      } else {
        level.ranges.emplace_back(first, last);
      }
    }
  }

  std::vector<Batch> batches_;
  std::vector<double> values_;
  std::vector<std::size_t> groups_;
  double floor_;
  double middle_ = 0;
  Stationarity result_;
};

}  // namespace

Stationarity judge_stationarity(std::span<const std::int64_t> samples,
                                std::span<const std::int64_t> process_counts, double floor) {
  return Judge(samples, process_counts, floor).judge();
}

}  // namespace ridgepoint

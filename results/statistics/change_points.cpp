#include "results/statistics/change_points.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#include "results/statistics/difference_history.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kFewestValues = 8;
// Equal statistics come out of sums in different order; a tie counts against the candidate.
constexpr double kTie = 1e-9;

/// Count and sum of the values seen so far below a rank (Fenwick 1994).
class PartialSums {
 public:
  explicit PartialSums(std::size_t size) : nodes_(size + 1) {}

  void clear() { std::ranges::fill(nodes_, Node{}); }
  void add(std::size_t rank, double value) {
    for (std::size_t i = rank + 1; i < nodes_.size(); i += i & (~i + 1)) {
      nodes_[i].count += 1;
      nodes_[i].sum += value;
    }
  }
  [[nodiscard]] std::pair<double, double> below(std::size_t rank) const {
    double count = 0, sum = 0;
    for (std::size_t i = rank; i > 0; i &= i - 1) {
      count += nodes_[i].count;
      sum += nodes_[i].sum;
    }
    return {count, sum};
  }

 private:
  struct Node {
    double count = 0, sum = 0;
  };
  std::vector<Node> nodes_;
};

struct Split {
  double statistic = 0;
  std::size_t length = 0;  ///< of the part before it
};

/// Values between two change points, and an order of them.
class Segment {
 public:
  Segment(std::span<const double> values, std::size_t begin)
      : values_(values.begin(), values.end()),
        begin_(begin),
        rank_(values.size()),
        distance_(values.size()),
        order_(values.size()),
        seen_(values.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    auto by_value = order_;
    std::ranges::stable_sort(by_value, {}, [&](std::size_t i) { return values_[i]; });
    // Near the middle, sums of values cancel least.
    const double middle = values_[by_value[by_value.size() / 2]];
    for (double& value : values_) value -= middle;
    for (std::size_t i = 0; i < by_value.size(); ++i) rank_[by_value[i]] = i;
    for (std::size_t i = 0; i < values_.size(); ++i) seen_.add(rank_[i], values_[i]);
    const double all = std::accumulate(values_.begin(), values_.end(), 0.0);
    for (std::size_t i = 0; i < values_.size(); ++i) {
      distance_[i] = distance_to_seen(i, static_cast<double>(values_.size()), all);
      all_distances_ += 0.5 * distance_[i];
    }
    observed_ = best_split();
  }

  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] const Split& observed() const { return observed_; }

  Split best_of_shuffled(std::mt19937_64& random) {
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[random() % i]);
    }
    return best_split();
  }

 private:
  /// Sum of distances from value i to those seen.
  [[nodiscard]] double distance_to_seen(std::size_t i, double count, double sum) const {
    const auto [below_count, below_sum] = seen_.below(rank_[i]);
    const double value = values_[i];
    return value * below_count - below_sum + (sum - below_sum) - value * (count - below_count);
  }

  Split best_split() {
    Split best;
    const auto size = static_cast<double>(values_.size());
    const double mean_distance = all_distances_ / (0.5 * size * (size - 1));
    if (values_.size() < 2 * kShortestLevel || !(mean_distance > 0)) return best;
    seen_.clear();
    double sum = 0, within_before = 0, within_after = all_distances_;
    for (std::size_t length = 1; length + kShortestLevel <= order_.size(); ++length) {
      const std::size_t moved = order_[length - 1];
      const double to_before = distance_to_seen(moved, static_cast<double>(length - 1), sum);
      within_before += to_before;
      within_after -= distance_[moved] - to_before;
      seen_.add(rank_[moved], values_[moved]);
      sum += values_[moved];
      if (length < kShortestLevel) continue;
      const auto before = static_cast<double>(length);
      const double after = size - before;
      const double between = all_distances_ - within_before - within_after;
      const double statistic = 2 * between / size -
                               within_before * 2 * after / (size * (before - 1)) -
                               within_after * 2 * before / (size * (after - 1));
      if (statistic > best.statistic * mean_distance) {
        best = {statistic / mean_distance, length};
      }
    }
    return best;
  }

  std::vector<double> values_;
  std::size_t begin_;
  std::vector<std::size_t> rank_;  ///< of each value, ties in any order
  std::vector<double> distance_;   ///< of each value to all others, summed
  double all_distances_ = 0;       ///< over pairs
  std::vector<std::size_t> order_;
  PartialSums seen_;
  Split observed_;
};

void require_sound(std::span<const double> values, const ChangePointRules& rules) {
  if (!(rules.alpha > 0 && rules.alpha <= 0.5)) {
    throw std::invalid_argument("change points: alpha must lie in (0, 0.5]");
  }
  if (!(rules.effect >= 0))
    throw std::invalid_argument("change points: effect must not be negative");
  if (std::ranges::any_of(values, [](double v) { return !(v > 0) || !std::isfinite(v); })) {
    throw std::invalid_argument("change points: values must lie above 0");
  }
}

struct Found {
  std::size_t first;
  double p;
};

class Search {
 public:
  Search(std::span<const double> logs, const ChangePointRules& rules)
      : logs_(logs),
        alpha_(rules.alpha),
        permutations_(
            std::max(rules.permutations, static_cast<std::int64_t>(std::ceil(1 / rules.alpha)))),
        random_(rules.seed) {
    segments_.emplace_back(logs, 0);
  }

  /// The next change point, if there is one.
  std::optional<Found> next() {
    const auto best = std::ranges::max_element(
        segments_, {}, [](const Segment& segment) { return segment.observed().statistic; });
    const Split split = best->observed();
    if (split.length == 0) return std::nullopt;
    const auto p = p_value(split.statistic);
    if (!p) return std::nullopt;
    const std::size_t begin = best->begin();
    const std::size_t first = begin + split.length;
    const auto following = std::next(best);
    const std::size_t end = following == segments_.end() ? logs_.size() : following->begin();
    *best = Segment(logs_.subspan(begin, first - begin), begin);
    segments_.emplace(following, logs_.subspan(first, end - first), first);
    return Found{first, *p};
  }

 private:
  /// Empty as soon as it is sure to be above alpha (Besag and Clifford 1991: the verdict is that
  /// of the full count).
  std::optional<double> p_value(double statistic) {
    const double all = static_cast<double>(permutations_) + 1;
    double as_large = 1;
    for (std::int64_t i = 0; i < permutations_; ++i) {
      if (reached_by_shuffled(statistic * (1 - kTie))) as_large += 1;
      if (as_large > alpha_ * all) return std::nullopt;
    }
    return as_large / all;
  }

  bool reached_by_shuffled(double statistic) {
    return std::ranges::any_of(segments_, [&](Segment& segment) {
      return segment.best_of_shuffled(random_).statistic >= statistic;
    });
  }

  std::span<const double> logs_;
  double alpha_;
  std::int64_t permutations_;
  std::mt19937_64 random_;
  std::vector<Segment> segments_;
};

/// Change points between levels, each with the medians on both sides.
void set_medians(std::span<const double> values, std::vector<ChangePoint>& points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : points[i - 1].first;
    const std::size_t end = i + 1 == points.size() ? values.size() : points[i + 1].first;
    points[i].median_before = median(values.subspan(begin, points[i].first - begin));
    points[i].median_after = median(values.subspan(points[i].first, end - points[i].first));
  }
}

/// Where a boundary lies between two levels that are known by their medians: with the least sum of
/// distances to them. The split of largest energy may take a value of the old level into the new,
/// to make it as long as a level has to be.
void refine_boundaries(std::span<const double> logs, std::vector<ChangePoint>& points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : points[i - 1].first;
    const std::size_t end = i + 1 == points.size() ? logs.size() : points[i + 1].first;
    const double before = median(logs.subspan(begin, points[i].first - begin));
    const double after = median(logs.subspan(points[i].first, end - points[i].first));
    // Of all values, the distance to the level after; moved over to the one before one by one.
    double least = 0, sum = 0;
    std::size_t best = begin;
    for (std::size_t at = begin; at < end; ++at) {
      sum += std::abs(logs[at] - before) - std::abs(logs[at] - after);
      const bool smaller = sum < least - kTie;
      const bool as_found = at + 1 == points[i].first && sum < least + kTie;
      if (smaller || as_found) {
        least = std::min(least, sum);
        best = at + 1;
      }
    }
    points[i].first = best;
  }
  // What is shorter then is no level yet.
  for (std::size_t i = 0; i < points.size();) {
    const std::size_t begin = i == 0 ? 0 : points[i - 1].first;
    const std::size_t end = i + 1 == points.size() ? logs.size() : points[i + 1].first;
    const std::size_t split = points[i].first;
    const bool level = split >= begin + kShortestLevel && split + kShortestLevel <= end;
    if (level) {
      ++i;
    } else {
      points.erase(points.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

double size_of(const ChangePoint& point) {
  return std::abs(std::log(point.ratio()));
}

double autocorrelation_within(std::span<const double> logs,
                              const std::vector<ChangePoint>& points) {
  DifferenceHistory residuals;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= points.size(); ++i) {
    const std::size_t end = i == points.size() ? logs.size() : points[i].first;
    const auto level = logs.subspan(begin, end - begin);
    if (level.empty()) continue;
    const double middle = median(level);
    for (const double value : level) residuals.add(value - middle);
    begin = end;
  }
  return residuals.autocorrelation();
}

}  // namespace

std::size_t fewest_values(double alpha) {
  // Orders of two equal halves that are as clear: the order itself and its mirror image.
  std::size_t count = 2;
  double orders = 2;
  while (count < kFewestValues || 2 / orders > alpha) {
    ++count;
    const std::size_t lower_half = count / 2;
    const auto half = static_cast<double>(lower_half);
    // C(n, n/2) from C(n-1, (n-1)/2).
    orders *=
        static_cast<double>(count) / (count % 2 == 0 ? half : static_cast<double>(count) - half);
  }
  return count;
}

ChangePoints find_change_points(std::span<const double> values, const ChangePointRules& rules) {
  require_sound(values, rules);
  ChangePoints result;
  std::vector<double> logs(values.size());
  std::ranges::transform(values, logs.begin(), [](double value) { return std::log(value); });
  if (values.size() >= fewest_values(rules.alpha)) {
    Search search(logs, rules);
    while (const auto found = search.next()) {
      result.found.push_back({.first = found->first, .p = found->p});
    }
    std::ranges::sort(result.found, {}, &ChangePoint::first);
    refine_boundaries(logs, result.found);
    set_medians(values, result.found);
    // The smallest first: a staircase of small steps becomes fewer larger ones.
    while (!result.found.empty()) {
      const auto smallest = std::ranges::min_element(result.found, {}, size_of);
      if (size_of(*smallest) >= std::log1p(rules.effect)) break;
      result.found.erase(smallest);
      ++result.below_effect;
      set_medians(values, result.found);
    }
  }
  result.autocorrelation = autocorrelation_within(logs, result.found);
  return result;
}

}  // namespace ridgepoint

#include "profiler/ceilings/plateaus.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace ridgepoint::ceilings {
namespace {

constexpr double kFlat = 0.06;       // in ln: what counts as the same speed at the least
constexpr double kMostNoise = 0.15;  // beyond it levels would melt into each other
constexpr double kShortest = 1.95;   // factor of sizes; a step may round to a little below 2
constexpr std::size_t kFewest = 3;   // points

double median_of_logs(std::span<const CurvePoint> points) {
  std::vector<double> logs;
  for (const CurvePoint& point : points) logs.push_back(std::log(point.estimate.value));
  return estimate_median(std::move(logs)).value;
}

/// How far points lie from their neighbours: half of all second differences are slopes of nothing,
/// so their median absolute value is noise. 4 sigma of it.
double tolerance_of(std::span<const CurvePoint> curve) {
  std::vector<double> bends;
  for (std::size_t i = 2; i < curve.size(); ++i) {
    bends.push_back(std::abs(std::log(curve[i].estimate.value) -
                             2 * std::log(curve[i - 1].estimate.value) +
                             std::log(curve[i - 2].estimate.value)));
  }
  const double sigma = estimate_median(std::move(bends)).value / 0.6745 / std::sqrt(6.0);
  return std::clamp(4 * sigma, kFlat, kMostNoise);
}

/// Flat means near one value, and no slope from one half to the other: a gentle ramp is no level.
bool is_flat(std::span<const CurvePoint> points, double tolerance) {
  const double middle = median_of_logs(points);
  const auto is_outside = [&](const CurvePoint& point) {
    return std::abs(std::log(point.estimate.value) - middle) > tolerance;
  };
  // The ends say where the level ends, so they lie inside.
  if (is_outside(points.front()) || is_outside(points.back())) return false;
  const auto outside = std::ranges::count_if(points, is_outside);
  if (outside * 10 > static_cast<std::ptrdiff_t>(points.size())) return false;
  if (points.size() < 6) {
    // Too few to have halves: the ends themselves.
    return std::abs(std::log(points.back().estimate.value / points.front().estimate.value)) <=
           tolerance;
  }
  const std::size_t third = points.size() / 3;
  return std::abs(median_of_logs(points.first(third)) - median_of_logs(points.last(third))) <=
         tolerance;
}

Plateau plateau_of(std::span<const CurvePoint> curve, std::size_t first, std::size_t last) {
  std::vector<double> values, lows, highs;
  for (std::size_t i = first; i <= last; ++i) {
    values.push_back(curve[i].estimate.value);
    lows.push_back(curve[i].estimate.low);
    highs.push_back(curve[i].estimate.high);
  }
  Estimate height = estimate_median(std::move(values));
  height.low = std::min(height.low, estimate_median(std::move(lows)).value);
  height.high = std::max(height.high, estimate_median(std::move(highs)).value);
  return {first, last, curve[first].bytes, curve[last].bytes, height};
}

/// The flat stretch within [begin, end) that reaches over the most sizes.
std::optional<Plateau> longest_flat(std::span<const CurvePoint> curve, std::size_t begin,
                                    std::size_t end, double tolerance) {
  double longest = 0;
  std::optional<Plateau> found;
  for (std::size_t first = begin; first + kFewest <= end; ++first) {
    for (std::size_t last = end - 1; last + 1 >= first + kFewest; --last) {
      const double reach =
          static_cast<double>(curve[last].bytes) / static_cast<double>(curve[first].bytes);
      if (reach < kShortest || reach <= longest) break;  // shorter ones follow
      if (!is_flat(curve.subspan(first, last + 1 - first), tolerance)) continue;
      longest = reach;
      found = plateau_of(curve, first, last);
      break;
    }
  }
  return found;
}

void collect_plateaus(std::span<const CurvePoint> curve, std::size_t begin, std::size_t end,
                      double tolerance, std::vector<Plateau>& into) {
  if (begin + kFewest > end) return;
  const auto found = longest_flat(curve, begin, end, tolerance);
  if (!found) return;
  collect_plateaus(curve, begin, found->first, tolerance, into);
  into.push_back(*found);
  collect_plateaus(curve, found->last + 1, end, tolerance, into);
}

}  // namespace

std::vector<Plateau> find_plateaus(std::span<const CurvePoint> curve) {
  if (curve.size() < kFewest) return {};
  const double tolerance = tolerance_of(curve);
  std::vector<Plateau> found;
  collect_plateaus(curve, 0, curve.size(), tolerance, found);
  std::vector<Plateau> merged;
  for (const Plateau& plateau : found) {
    if (!merged.empty() && std::abs(std::log(plateau.estimate.value) -
                                    std::log(merged.back().estimate.value)) <= tolerance) {
      merged.back() = plateau_of(curve, merged.back().first, plateau.last);
    } else {
      merged.push_back(plateau);
    }
  }
  return merged;
}

}  // namespace ridgepoint::ceilings

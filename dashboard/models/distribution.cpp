// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/distribution.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "dashboard/models/text.h"
#include "results/metric.h"
#include "results/repetition_values.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostPoints = 4000;

QString title_of_metric(std::string_view metric) {
  const MetricSpec* spec = find_metric(metric);
  return qt(spec == nullptr ? metric : spec->short_name);
}

bool is_about_gaps(std::string_view metric) {
  return metric == "tpot_ns" || metric == "decode_tokens_per_second" ||
         metric.starts_with("inter_token");
}

double quantile_of_sorted(const std::vector<double>& values, double p) {
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= values.size()) return values.back();
  const double part = place - static_cast<double>(below);
  return values[below] + part * (values[below + 1] - values[below]);
}

}  // namespace

Distribution repetitions_of(const Record& record, std::string_view metric) {
  Distribution found;
  found.values = repetition_values(metric, record.subject, record.measurement).values;
  if (found.values.empty()) return found;
  std::ranges::sort(found.values);
  found.unit = unit_of_metric(metric);
  found.what = title_of_metric(metric) + QStringLiteral(" of each repetition");
  return found;
}

Distribution samples_of(const Record& record, std::string_view metric) {
  const Series* gaps = is_about_gaps(metric) ? token_gaps(record.measurement) : nullptr;
  if (gaps == nullptr || gaps->samples.empty()) return repetitions_of(record, metric);
  Distribution found;
  found.what = QStringLiteral("gap between tokens");
  found.unit = "ns";
  found.values.assign(gaps->samples.begin(), gaps->samples.end());
  std::ranges::sort(found.values);
  return found;
}

BulkRange bulk_of(const Distribution& a, const Distribution& b) {
  constexpr std::size_t kFewest = 5, kHundredth = 100;
  constexpr double kMostShare = 2.0 / 3;
  constexpr double kNone = std::numeric_limits<double>::max();
  double low = kNone, high = -kNone, inner_low = kNone, inner_high = -kNone;
  for (const Distribution* side : {&a, &b}) {
    const auto& values = side->values;
    if (values.empty()) continue;
    const std::size_t outer =
        values.size() < kFewest ? 0 : std::max<std::size_t>(1, values.size() / kHundredth);
    low = std::min(low, values.front());
    high = std::max(high, values.back());
    inner_low = std::min(inner_low, values[outer]);
    inner_high = std::max(inner_high, values[values.size() - 1 - outer]);
  }
  if (low > high) return {};
  BulkRange bulk{low, high, 0, 0};
  if (inner_low < inner_high) {
    if (high - inner_high > kMostShare * (high - inner_low)) bulk.high = inner_high;
    if (inner_low - low > kMostShare * (inner_high - low)) bulk.low = inner_low;
  }
  for (const Distribution* side : {&a, &b}) {
    const auto& values = side->values;
    bulk.below +=
        static_cast<std::size_t>(std::ranges::lower_bound(values, bulk.low) - values.begin());
    bulk.above +=
        static_cast<std::size_t>(values.end() - std::ranges::upper_bound(values, bulk.high));
  }
  return bulk;
}

std::vector<CurvePoint> ecdf(const Distribution& distribution) {
  const auto& values = distribution.values;
  std::vector<CurvePoint> points;
  if (values.empty()) return points;
  const std::size_t count = values.size();
  const std::size_t shown = std::min(count, kMostPoints);
  points.push_back({values.front(), 0});
  for (std::size_t i = 1; i <= shown; ++i) {
    const std::size_t rank = i * count / shown;  // 1..count
    points.push_back({values[rank - 1], static_cast<double>(rank) / static_cast<double>(count)});
  }
  return points;
}

double nines(double p) {
  return -std::log10(1 - p);
}

std::vector<CurvePoint> percentile_curve(const Distribution& distribution) {
  const auto& values = distribution.values;
  std::vector<CurvePoint> points;
  const auto count = static_cast<std::int64_t>(values.size());
  if (count < samples_needed(0.5)) return points;
  constexpr double kStep = 0.02;  // of nines
  for (double x = 0; x <= 6; x += kStep) {
    const double p = 1 - std::pow(10.0, -x);
    if (p > 0 && samples_needed(std::max(p, 0.5)) > count) break;
    points.push_back({x, quantile_of_sorted(values, p)});
  }
  return points;
}

}  // namespace ridgepoint

// SPDX-License-Identifier: GPL-3.0-or-later
// Distribution: the values behind one figure of one record, and the points of the curves that show
// them: how many values lie below each (ECDF), and what each percentile is as far as the values
// support it.
#pragma once

#include <QString>
#include <cstddef>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct Distribution {
  QString what;                ///< "TPOT of each repetition"; empty: there is none
  std::string unit;            ///< as in MetricSpec
  std::vector<double> values;  ///< ascending
};

/// The values that a verdict about the metric is made of: one a repetition. Empty for single
/// figures.
Distribution repetitions_of(const Record& record, std::string_view metric);
/// The finest samples of what the metric is about: gaps between tokens, passes of an operator; as
/// above where there is nothing finer.
Distribution samples_of(const Record& record, std::string_view metric);

struct CurvePoint {
  double x = 0, y = 0;
};

/// What an axis has to show so that the bulk of both can be seen: from the lowest to the highest
/// value, but where the outermost hundredth at an end (at least one value of five or more) would
/// take more than two thirds of it, without that.
struct BulkRange {
  double low = 0, high = 0;
  std::size_t below = 0, above = 0;  ///< values that lie outside
};
BulkRange bulk_of(const Distribution& a, const Distribution& b);

/// Steps: x a value, y the share of values up to it. At most some thousand points, ends included.
std::vector<CurvePoint> ecdf(const Distribution& distribution);
/// x in nines (see nines), y the quantile; up to the last percentile that the number of values
/// supports (results/statistics/quantile.h). Empty below 5 values.
std::vector<CurvePoint> percentile_curve(const Distribution& distribution);
/// -log10(1 - p): 0.301 of the median, 1 of p90, 2 of p99.
double nines(double p);

}  // namespace ridgepoint

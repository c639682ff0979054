// What counts as worse for the metrics that are one number a case, not a sample: memory, exactness
// and quality. They hardly vary from run to run, so they are compared without a test, each with a
// threshold of its own, declared once here. (Quality varies with the text: see quality_difference.)
#pragma once

#include <span>
#include <string_view>

namespace ridgepoint {

/// All three must hold for two values to differ; the metrics concerned are better when lower.
struct MetricTolerance {
  std::string_view metric;
  double factor;        ///< the greater is more than this many times the smaller
  double least_change;  ///< and above it by more than this, in the metric's unit
  double least_value;   ///< and itself more than this
};

std::span<const MetricTolerance> metric_tolerances();
/// nullptr for metrics that are judged by their samples.
const MetricTolerance* find_metric_tolerance(std::string_view metric);

/// Whether `value` is above `other` by more than is tolerated.
bool exceeds(const MetricTolerance& tolerance, double value, double other);

}  // namespace ridgepoint

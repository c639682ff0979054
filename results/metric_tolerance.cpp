#include "results/metric_tolerance.h"

namespace ridgepoint {
namespace {

constexpr double kMemoryFactor = 1.01;
constexpr double kMemoryStepBytes = 1 << 20;

constexpr MetricTolerance memory(std::string_view metric) {
  return {metric, kMemoryFactor, kMemoryStepBytes, 0};
}

constexpr MetricTolerance kTolerances[] = {
    memory("memory_weights_bytes"),
    memory("memory_kv_bytes"),
    memory("memory_activations_bytes"),
    memory("memory_activations_live_bytes"),
    memory("memory_scratch_bytes"),
    memory("peak_rss_bytes"),
    memory("peak_anonymous_bytes"),
    // Far less than any quantisation costs, more than another order of additions does.
    {"bits_per_byte", 1.002, 0, 0},
    {"kl_mean", 1.1, 1e-4, 1e-4},
    // Below 1e-6 an error is rounding of float32, whatever its factor.
    {"check_relative_error", 2, 0, 1e-6},
};

}  // namespace

std::span<const MetricTolerance> metric_tolerances() {
  return kTolerances;
}

const MetricTolerance* find_metric_tolerance(std::string_view metric) {
  for (const MetricTolerance& tolerance : kTolerances) {
    if (tolerance.metric == metric) return &tolerance;
  }
  return nullptr;
}

bool exceeds(const MetricTolerance& tolerance, double value, double other) {
  return value > other * tolerance.factor && value - other > tolerance.least_change &&
         value > tolerance.least_value;
}

}  // namespace ridgepoint

#include "results/wall/streaming.h"

#include <algorithm>

namespace ridgepoint {
namespace {

// A step that is longer than one in memory by less than this share has hardly waited.
constexpr double kLeastWait = 0.25;

}  // namespace

double streamed_step_seconds(const StreamingCosts& costs, double streamed_bytes) {
  if (streamed_bytes <= 0) return costs.step_seconds;
  const double disk_seconds = streamed_bytes / costs.disk_bytes_per_second;
  return costs.ahead ? std::max(costs.step_seconds, disk_seconds)
                     : costs.step_seconds + disk_seconds;
}

double streaming_knee(const StreamingCosts& costs) {
  return std::clamp(1 - costs.step_seconds * costs.disk_bytes_per_second / costs.weight_bytes, 0.0,
                    1.0);
}

std::optional<double> disk_rate_seen(const StreamingCosts& costs,
                                     std::span<const StreamedStep> steps) {
  double bytes = 0, seconds = 0;
  for (const StreamedStep& step : steps) {
    if (step.streamed_bytes <= 0 || step.seconds < (1 + kLeastWait) * costs.step_seconds) continue;
    bytes += step.streamed_bytes;
    seconds += costs.ahead ? step.seconds : step.seconds - costs.step_seconds;
  }
  return seconds > 0 ? std::optional(bytes / seconds) : std::nullopt;
}

}  // namespace ridgepoint

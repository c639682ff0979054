// Streaming: what a decode step takes when memory holds a share of the weights and a disk brings
// the rest each time. Two stages one after the other take the sum of their times, two that run at
// once the longer one (the bounds of operational analysis; Denning and Buzen, ACM Computing Surveys
// 10(3), 1978). Pure arithmetic: times and bytes in, times out.
#pragma once

#include <optional>
#include <span>

namespace ridgepoint {

/// What streaming is predicted from.
struct StreamingCosts {
  double step_seconds = 0;  ///< of a step with all weights in memory
  double weight_bytes = 0;  ///< that a step reads, streamed or not
  double disk_bytes_per_second = 0;
  bool ahead = false;  ///< the disk works while the step computes
};

/// Of a step that gets `streamed_bytes` from the disk.
double streamed_step_seconds(const StreamingCosts& costs, double streamed_bytes);

/// The share of the weights that memory must hold for the disk to take as long as the step does:
/// with reading ahead, all memory past it gains nothing; without, the disk takes most of the time
/// below it. 0: the disk is never the slower.
double streaming_knee(const StreamingCosts& costs);

struct StreamedStep {
  double streamed_bytes = 0;
  double seconds = 0;
};
/// What the disk gave, by steps that waited for it long enough to tell; none where none did.
/// `costs.disk_bytes_per_second` is not looked at.
std::optional<double> disk_rate_seen(const StreamingCosts& costs,
                                     std::span<const StreamedStep> steps);

}  // namespace ridgepoint

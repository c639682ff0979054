// What fits in memory, and what an engine can at best do with what does not.
#pragma once

#include <cstdint>

namespace ridgepoint {

struct MemoryNeed {
  std::int64_t available_bytes = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t kv_bytes_per_token = 0;  ///< of one sequence
  std::int64_t parameters = 0;
};

/// 0 where not even the weights fit.
std::int64_t largest_batch(const MemoryNeed& need, std::int64_t context);
std::int64_t largest_context(const MemoryNeed& need, std::int64_t batch);
/// Parameters of a model of the same bytes a parameter, with nothing but its weights.
std::int64_t largest_parameters(const MemoryNeed& need);

/// Seconds of a step that takes `seconds` in memory, when what is over comes from a disk each time:
/// weights are read front to back, so that a page cache that keeps the last pages keeps none of
/// those that are needed next; `keeps_share` is for engines that hold on to what fits.
double streamed_seconds(double seconds, const MemoryNeed& need, double disk_bytes_per_second,
                        bool keeps_share);

}  // namespace ridgepoint

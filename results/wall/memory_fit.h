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

}  // namespace ridgepoint

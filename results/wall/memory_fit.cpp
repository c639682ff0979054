#include "results/wall/memory_fit.h"

#include <algorithm>

namespace ridgepoint {
namespace {

std::int64_t room_for_kv(const MemoryNeed& need) {
  return std::max<std::int64_t>(need.available_bytes - need.weight_bytes, 0);
}

}  // namespace

std::int64_t largest_batch(const MemoryNeed& need, std::int64_t context) {
  return room_for_kv(need) / (need.kv_bytes_per_token * std::max<std::int64_t>(context, 1));
}

std::int64_t largest_context(const MemoryNeed& need, std::int64_t batch) {
  return room_for_kv(need) / (need.kv_bytes_per_token * std::max<std::int64_t>(batch, 1));
}

std::int64_t largest_parameters(const MemoryNeed& need) {
  const double bytes_each =
      static_cast<double>(need.weight_bytes) / static_cast<double>(need.parameters);
  return static_cast<std::int64_t>(static_cast<double>(need.available_bytes) / bytes_each);
}

}  // namespace ridgepoint

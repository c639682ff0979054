#include "backends/reference/reference_cache.h"

#include <stdexcept>

#include "workloads/ops/operands.h"

namespace ridgepoint {

ReferenceCache::ReferenceCache(const Graph& graph) {
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& value = graph.value(id);
    if (value.role != Role::cache || graph.storage(id) != id) continue;
    const std::int64_t size = bytes_of(value);
    entries_.emplace(value.name,
                     Entry{value.type, value.shape, AlignedBuffer(static_cast<std::size_t>(size))});
    bytes_ += size;
  }
}

MemoryLedger ReferenceCache::memory() const {
  return {.kv_bytes = bytes_,
          .activations_bytes = static_cast<std::int64_t>(workspace_->activations.size()),
          .activations_live_bytes = static_cast<std::int64_t>(workspace_->live_bytes),
          .scratch_bytes = static_cast<std::int64_t>(workspace_->scratch.size())};
}

std::byte* ReferenceCache::find(const Value& value) const {
  const auto found = entries_.find(value.name);
  if (found == entries_.end() || found->second.type != value.type ||
      found->second.shape != value.shape) {
    throw std::logic_error("ReferenceCache: made for another layout: " + value.name);
  }
  return found->second.buffer.data();
}

}  // namespace ridgepoint

#include "backends/reference/reference_cache.h"

#include <algorithm>
#include <cstring>
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

void ReferenceCache::spread_past(const Cache& one, std::int64_t length) {
  const auto* const from = dynamic_cast<const ReferenceCache*>(&one);
  if (from == nullptr) throw std::logic_error("ReferenceCache: spread from another backend's");
  for (const auto& [name, entry] : entries_) {
    const auto found = from->entries_.find(name);
    if (found == from->entries_.end() || found->second.type != entry.type ||
        found->second.shape.at(0) != 1 || found->second.shape.at(2) != entry.shape.at(2) ||
        length > std::min(found->second.shape.at(1), entry.shape.at(1))) {
      throw std::logic_error("ReferenceCache: spread from another layout: " + name);
    }
    const auto batch = static_cast<std::size_t>(entry.shape.at(0));
    const auto sequence_bytes = entry.buffer.size() / batch;
    const auto bytes =
        static_cast<std::size_t>(byte_count(entry.type, {length, entry.shape.at(2)}));
    for (std::size_t sequence = 0; sequence < batch; ++sequence) {
      std::memcpy(entry.buffer.data() + sequence * sequence_bytes, found->second.buffer.data(),
                  bytes);
    }
  }
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

#include "backends/host/head_caches.h"

#include <stdexcept>

namespace ridgepoint {

HostCache::HostCache(const Graph& graph) {
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& value = graph.value(id);
    if (value.role != Role::cache || graph.storage(id) != id) continue;
    CacheBytes entry{.type = value.type,
                     .batch = value.shape.at(0),
                     .capacity = value.shape.at(1),
                     .features = value.shape.at(2),
                     .head_dim = value.shape.at(2),
                     .keys = false,
                     .buffer = {}};
    for (const Node& node : graph.nodes()) {
      const auto* const attention = std::get_if<Attention>(&node.op);
      if (attention == nullptr) continue;
      for (const std::size_t input : {std::size_t{1}, std::size_t{2}}) {
        if (graph.storage(node.inputs[input]) != id) continue;
        entry.keys = input == 1;
        entry.head_dim = attention->head_dim;
      }
    }
    entry.buffer.reserve(static_cast<std::size_t>(entry.batch * entry.padded_capacity() *
                                                  entry.features * entry.element_bytes()));
    bytes_ += static_cast<std::int64_t>(entry.buffer.size());
    entries_.emplace(value.name, std::move(entry));
  }
}

MemoryLedger HostCache::memory() const {
  return {.kv_bytes = bytes_,
          .activations_bytes = static_cast<std::int64_t>(workspace_->activations.size()),
          .activations_live_bytes = static_cast<std::int64_t>(workspace_->live_bytes),
          .scratch_bytes = static_cast<std::int64_t>(workspace_->scratch.size())};
}

const CacheBytes& HostCache::find(const Value& value) const {
  const auto found = entries_.find(value.name);
  if (found == entries_.end() || found->second.type != value.type ||
      value.shape != Shape{found->second.batch, found->second.capacity, found->second.features}) {
    throw std::logic_error("HostCache: made for another layout: " + value.name);
  }
  return found->second;
}

}  // namespace ridgepoint

#include "backends/host/head_caches.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace ridgepoint {
namespace {

/// Whole cache lines, so that no two values share one.
std::size_t room_for(const CacheBytes& entry) {
  constexpr std::size_t kLine = AlignedBuffer::kAlignment;
  return (static_cast<std::size_t>(entry.bytes()) + kLine - 1) / kLine * kLine;
}

}  // namespace

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
                     .data = nullptr};
    for (const Node& node : graph.nodes()) {
      const auto* const attention = std::get_if<Attention>(&node.op);
      if (attention == nullptr) continue;
      for (const std::size_t input : {std::size_t{1}, std::size_t{2}}) {
        if (graph.storage(node.inputs[input]) != id) continue;
        entry.keys = input == 1;
        entry.head_dim = attention->head_dim;
      }
    }
    bytes_ += entry.bytes();
    entries_.emplace(value.name, entry);
  }
  memory_.reserve(std::transform_reduce(entries_.begin(), entries_.end(), std::size_t{0},
                                        std::plus<>(),
                                        [](const auto& entry) { return room_for(entry.second); }));
  std::size_t at = 0;
  for (auto& [name, entry] : entries_) {
    entry.data = memory_.data() + at;
    at += room_for(entry);
  }
}

MemoryLedger HostCache::memory() const {
  return {.kv_bytes = bytes_,
          .activations_bytes = static_cast<std::int64_t>(workspace_->activations.size()),
          .activations_live_bytes = static_cast<std::int64_t>(workspace_->live_bytes),
          .scratch_bytes = static_cast<std::int64_t>(workspace_->scratch.size())};
}

void HostCache::spread_past(const Cache& one, std::int64_t length) {
  const auto* const from = dynamic_cast<const HostCache*>(&one);
  if (from == nullptr) throw std::logic_error("HostCache: spread from another backend's cache");
  for (const auto& [name, entry] : entries_) {
    const auto found = from->entries_.find(name);
    if (found == from->entries_.end() || found->second.type != entry.type ||
        found->second.features != entry.features || found->second.head_dim != entry.head_dim ||
        found->second.batch != 1 || length > std::min(found->second.capacity, entry.capacity)) {
      throw std::logic_error("HostCache: spread from another layout: " + name);
    }
    // A head's positions come first to last in keys as in values.
    const auto bytes = static_cast<std::size_t>(CacheBytes::padded(length) * entry.head_dim *
                                                entry.element_bytes());
    for (std::int64_t sequence = 0; sequence < entry.batch; ++sequence) {
      for (std::int64_t head = 0; head < entry.features; head += entry.head_dim) {
        std::memcpy(entry.head(sequence, head), found->second.head(0, head), bytes);
      }
    }
  }
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

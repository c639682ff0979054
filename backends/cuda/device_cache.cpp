#include "backends/cuda/device_cache.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

namespace ridgepoint::cuda {
namespace {

KvType kv_type_of(Type type) {
  switch (type) {
    case Type::f32:
      return KvType::f32;
    case Type::f16:
      return KvType::f16;
    case Type::bf16:
      return KvType::bf16;
    case Type::e4m3:
      return KvType::e4m3;
    default:
      throw std::logic_error("cuda: no type of KV");
  }
}

}  // namespace

Rotation rotation_of(const std::vector<double>& frequencies, std::int64_t first,
                     std::int64_t positions) {
  Rotation made;
  for (std::int64_t p = first; p < first + positions; ++p) {
    for (const double frequency : frequencies) {
      const double angle = static_cast<double>(p) * frequency;
      made.cosines.push_back(static_cast<float>(std::cos(angle)));
      made.sines.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  return made;
}

DeviceCache::DeviceCache(const Graph& graph, std::shared_ptr<Arena> arena)
    : arena_(std::move(arena)), capacity_(graph.capacity()) {
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& value = graph.value(id);
    if (value.role != Role::cache || graph.storage(id) != id) continue;
    Entry entry;
    entry.value = value;
    const std::int64_t features = value.shape.at(2);
    std::int64_t dim = features;
    for (const Node& node : graph.nodes()) {
      const auto* const attention = std::get_if<Attention>(&node.op);
      if (attention == nullptr) continue;
      if (graph.storage(node.inputs[1]) == id || graph.storage(node.inputs[2]) == id) {
        dim = attention->head_dim;
      }
    }
    entry.cache = {.type = kv_type_of(value.type),
                   .heads = features / dim,
                   .capacity = value.shape.at(1),
                   .dim = dim,
                   .pitch = whole_parts(dim, 8) * 8};
    const std::int64_t elements =
        value.shape.at(0) * entry.cache.heads * entry.cache.capacity * entry.cache.pitch;
    const std::int64_t size = elements * kv_bytes(entry.cache.type);
    entry.memory = arena_->take(static_cast<std::size_t>(size), MemoryClass::kv);
    arena_->device().clear(entry.memory.data(), entry.memory.size());
    entry.cache.data = entry.memory.data();
    bytes_ += size;
    entries_.emplace(value.name, std::move(entry));
  }
}

void DeviceCache::spread_past(const Cache& one, std::int64_t length) {
  const auto* const from = dynamic_cast<const DeviceCache*>(&one);
  if (from == nullptr) throw std::logic_error("DeviceCache: spread from another backend's cache");
  for (auto& [name, entry] : entries_) {
    const auto found = from->entries_.find(name);
    const HeadCache& to = entry.cache;
    if (found == from->entries_.end() || found->second.value.shape.at(0) != 1 ||
        found->second.cache.type != to.type || found->second.cache.heads != to.heads ||
        found->second.cache.pitch != to.pitch ||
        length > std::min(found->second.cache.capacity, to.capacity)) {
      throw std::logic_error("DeviceCache: spread from another layout: " + name);
    }
    const std::int64_t position_bytes = to.pitch * kv_bytes(to.type);
    for (std::int64_t stream = 0; stream < entry.value.shape.at(0) * to.heads; ++stream) {
      arena_->device().copy_within(entry.memory.data() + stream * to.capacity * position_bytes,
                                   found->second.memory.data() + stream % to.heads *
                                                                     found->second.cache.capacity *
                                                                     position_bytes,
                                   static_cast<std::size_t>(length * position_bytes));
    }
  }
  arena_->device().synchronise();
}

const HeadCache& DeviceCache::find(const Value& value) const {
  const auto found = entries_.find(value.name);
  if (found == entries_.end() || found->second.value.type != value.type ||
      found->second.value.shape != value.shape) {
    throw std::logic_error("DeviceCache: made for another layout: " + value.name);
  }
  return found->second.cache;
}

const DeviceRotation& DeviceCache::rotation(const std::vector<double>& frequencies) {
  const auto known = rotations_.find(frequencies);
  if (known != rotations_.end()) return known->second;
  const Rotation made = rotation_of(frequencies, 0, capacity_);
  const auto cosines = std::as_bytes(std::span(made.cosines));
  const auto sines = std::as_bytes(std::span(made.sines));
  DeviceRotation there{arena_->take(cosines.size(), MemoryClass::scratch),
                       arena_->take(sines.size(), MemoryClass::scratch)};
  arena_->device().copy_in(there.cosines.data(), cosines);
  arena_->device().copy_in(there.sines.data(), sines);
  return rotations_.emplace(frequencies, std::move(there)).first->second;
}

}  // namespace ridgepoint::cuda

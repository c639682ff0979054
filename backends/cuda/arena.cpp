#include "backends/cuda/arena.h"

#include <algorithm>
#include <iterator>

namespace ridgepoint::cuda {
namespace {

std::size_t to_alignment(std::size_t size) {
  return (std::max<std::size_t>(size, 1) + Arena::kAlignment - 1) / Arena::kAlignment *
         Arena::kAlignment;
}

/// By MemoryClass.
MemoryLedger ledger_of(const std::array<std::int64_t, 4>& bytes) {
  return {.weights_bytes = bytes[0],
          .kv_bytes = bytes[1],
          .activations_bytes = bytes[2],
          .activations_live_bytes = 0,
          .scratch_bytes = bytes[3]};
}

}  // namespace

DeviceBytes::~DeviceBytes() {
  if (arena_) arena_->give_back(data_, size_, kind_);
}

Arena::~Arena() {
  for (const auto& [memory, chunk] : chunks_) device_->release(memory);
}

DeviceBytes Arena::take(std::size_t size, MemoryClass kind) {
  const std::size_t wanted = to_alignment(size);
  const std::lock_guard lock(mutex_);
  const auto hand_out = [&](std::byte* memory, Chunk& chunk, std::size_t offset) {
    const auto place = chunk.free.find(offset);
    const std::size_t room = place->second;
    chunk.free.erase(place);
    if (room > wanted) chunk.free.emplace(offset + wanted, room - wanted);
    std::int64_t& now = in_use_.at(static_cast<std::size_t>(kind));
    std::int64_t& most = peak_.at(static_cast<std::size_t>(kind));
    now += static_cast<std::int64_t>(size);
    most = std::max(most, now);
    return DeviceBytes(shared_from_this(), memory + offset, size, kind);
  };
  for (auto& [memory, chunk] : chunks_) {
    for (const auto& [offset, room] : chunk.free) {
      if (room >= wanted) return hand_out(memory, chunk, offset);
    }
  }
  const std::size_t chunk_size = std::max(wanted, device_->describe().chunk_bytes);
  std::byte* const memory = device_->allocate(chunk_size);
  reserved_ += static_cast<std::int64_t>(chunk_size);
  reserved_peak_ = std::max(reserved_peak_, reserved_);
  Chunk& chunk = chunks_[memory];
  chunk.size = chunk_size;
  chunk.free.emplace(0, chunk_size);
  return hand_out(memory, chunk, 0);
}

void Arena::give_back(std::byte* data, std::size_t size, MemoryClass kind) noexcept {
  const std::lock_guard lock(mutex_);
  in_use_.at(static_cast<std::size_t>(kind)) -= static_cast<std::int64_t>(size);
  const auto found = std::prev(chunks_.upper_bound(data));
  Chunk& chunk = found->second;
  auto place =
      chunk.free.emplace(static_cast<std::size_t>(data - found->first), to_alignment(size)).first;
  if (const auto next = std::next(place);
      next != chunk.free.end() && place->first + place->second == next->first) {
    place->second += next->second;
    chunk.free.erase(next);
  }
  if (place != chunk.free.begin()) {
    const auto before = std::prev(place);
    if (before->first + before->second == place->first) {
      before->second += place->second;
      chunk.free.erase(place);
    }
  }
  if (chunk.free.begin()->second != chunk.size) return;
  device_->release(found->first);
  reserved_ -= static_cast<std::int64_t>(chunk.size);
  chunks_.erase(found);
}

MemoryLedger Arena::ledger() const {
  const std::lock_guard lock(mutex_);
  return ledger_of(in_use_);
}

MemoryLedger Arena::peak() const {
  const std::lock_guard lock(mutex_);
  return ledger_of(peak_);
}

std::int64_t Arena::reserved_bytes() const {
  const std::lock_guard lock(mutex_);
  return reserved_;
}

std::int64_t Arena::reserved_peak_bytes() const {
  const std::lock_guard lock(mutex_);
  return reserved_peak_;
}

}  // namespace ridgepoint::cuda

// Arena: all of a backend's device memory. It asks the driver for large chunks, since each request
// stops the device, and hands out parts of them; a chunk goes back when its last part has. What is
// in use is counted by class.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "backends/cuda/device.h"
#include "backends/memory_ledger.h"

namespace ridgepoint::cuda {

enum class MemoryClass : std::uint8_t { weights, kv, activations, scratch };

class Arena;

/// A part of the arena, given back when it ends. The arena outlives it.
class DeviceBytes {
 public:
  DeviceBytes() = default;
  DeviceBytes(std::shared_ptr<Arena> arena, std::byte* data, std::size_t size, MemoryClass kind)
      : arena_(std::move(arena)), data_(data), size_(size), kind_(kind) {}
  DeviceBytes(DeviceBytes&& other) noexcept { swap(other); }
  DeviceBytes& operator=(DeviceBytes&& other) noexcept {
    DeviceBytes taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~DeviceBytes();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::int64_t bytes() const { return static_cast<std::int64_t>(size_); }
  template <typename T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  void swap(DeviceBytes& other) noexcept {
    std::swap(arena_, other.arena_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(kind_, other.kind_);
  }
  std::shared_ptr<Arena> arena_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  MemoryClass kind_ = MemoryClass::scratch;
};

class Arena : public std::enable_shared_from_this<Arena> {
 public:
  static constexpr std::size_t kAlignment = 256;

  explicit Arena(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  /// Contents are whatever was there. OutOfDeviceMemory.
  DeviceBytes take(std::size_t size, MemoryClass kind);
  [[nodiscard]] Device& device() const { return *device_; }
  /// In use now, and each class at the most so far.
  [[nodiscard]] MemoryLedger ledger() const;
  [[nodiscard]] MemoryLedger peak() const;
  /// Asked of the driver, in use or free in its chunks: now, and at the most so far.
  [[nodiscard]] std::int64_t reserved_bytes() const;
  [[nodiscard]] std::int64_t reserved_peak_bytes() const;

 private:
  friend class DeviceBytes;
  struct Chunk {
    std::size_t size = 0;
    std::map<std::size_t, std::size_t> free;  // offset -> size, neighbours joined
  };
  void give_back(std::byte* data, std::size_t size, MemoryClass kind) noexcept;

  std::shared_ptr<Device> device_;
  mutable std::mutex mutex_;
  std::map<std::byte*, Chunk> chunks_;
  std::array<std::int64_t, 4> in_use_{}, peak_{};
  std::int64_t reserved_ = 0, reserved_peak_ = 0;
};

}  // namespace ridgepoint::cuda

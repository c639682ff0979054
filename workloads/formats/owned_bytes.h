// Bytes for tensors that are not mapped from a file: aligned for any vector unit, not cleared.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace ridgepoint {

class OwnedBytes {
 public:
  static constexpr std::size_t kAlignment = 64;

  /// std::bad_alloc when there is not enough memory.
  explicit OwnedBytes(std::size_t size)
      : data_(static_cast<std::byte*>(::operator new (size, std::align_val_t{kAlignment}))),
        size_(size) {}

  [[nodiscard]] std::span<std::byte> bytes() { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const {
      ::operator delete (data, std::align_val_t{kAlignment});
    }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_;
};

}  // namespace ridgepoint

// Zeroed bytes on a cache-line boundary, every page touched: what runs on them later meets no page
// fault. What fills large pages lies in them, where the system gives them to those who ask.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace ridgepoint {

class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::size_t kLargePageBytes = std::size_t{2} << 20;

  AlignedBuffer() = default;
  /// std::bad_alloc when there is no memory.
  explicit AlignedBuffer(std::size_t size) { reserve(size); }

  /// At least `size` bytes. Growing drops the contents and moves the bytes elsewhere.
  void reserve(std::size_t size);

  [[nodiscard]] std::byte* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<std::byte> bytes() const { return {bytes_.get(), size_}; }

 private:
  struct Free {
    std::align_val_t alignment;
    void operator()(std::byte* bytes) const { ::operator delete[](bytes, alignment); }
  };
  std::unique_ptr<std::byte[], Free> bytes_{nullptr, Free{std::align_val_t{kAlignment}}};
  std::size_t size_ = 0;
};

}  // namespace ridgepoint

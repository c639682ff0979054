// Call: one operator's run as its loops see it: where the bytes are, the step, the threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "backends/aligned_buffer.h"
#include "backends/reference/thread_pool.h"
#include "workloads/ops/value.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {

/// A value's bytes. `data` is null while scratch is being sized.
struct Operand {
  Type type = Type::f32;
  Shape shape;
  std::byte* data = nullptr;

  [[nodiscard]] std::int64_t rows() const { return element_count(shape) / row_length(); }
  [[nodiscard]] std::int64_t row_length() const { return shape.back(); }
  /// Row of an f32 value.
  [[nodiscard]] std::span<float> floats(std::int64_t row) const {
    return {reinterpret_cast<float*>(data) + row * row_length(),
            static_cast<std::size_t>(row_length())};
  }
  /// Row of a value of any type, as stored.
  [[nodiscard]] std::span<std::byte> row(std::int64_t index) const {
    const auto size = static_cast<std::size_t>(row_bytes(type, row_length()));
    return {data + static_cast<std::size_t>(index) * size, size};
  }
  [[nodiscard]] std::span<std::int32_t> integers() const {
    return {reinterpret_cast<std::int32_t*>(data), static_cast<std::size_t>(element_count(shape))};
  }
};

/// Bytes of `count` elements, rounded up so that the next piece is aligned too.
template <typename T>
std::size_t scratch_for(std::size_t count) {
  return (count * sizeof(T) + AlignedBuffer::kAlignment - 1) / AlignedBuffer::kAlignment *
         AlignedBuffer::kAlignment;
}

/// One thread's scratch, handed out piece by piece.
class Scratch {
 public:
  explicit Scratch(std::span<std::byte> bytes) : bytes_(bytes) {}
  template <typename T>
  std::span<T> take(std::size_t count) {
    const std::size_t size = scratch_for<T>(count);
    if (size > bytes_.size()) throw std::logic_error("reference: scratch was sized too small");
    const std::span<T> piece(reinterpret_cast<T*>(bytes_.data()), count);
    bytes_ = bytes_.subspan(size);
    return piece;
  }

 private:
  std::span<std::byte> bytes_;
};

struct Call {
  std::vector<Operand> inputs;
  Operand output;
  Step step;
  bool rounds = false;  ///< inputs of products are rounded as fast backends round them
  ThreadPool* pool = nullptr;
  std::span<std::byte> all_scratch;
  std::size_t scratch_per_thread = 0;

  [[nodiscard]] Scratch scratch(int part) const {
    return Scratch(all_scratch.subspan(static_cast<std::size_t>(part) * scratch_per_thread,
                                       scratch_per_thread));
  }
};

}  // namespace ridgepoint

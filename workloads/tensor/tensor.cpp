#include "workloads/tensor/tensor.h"

#include "workloads/error.h"

namespace ridgepoint {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  bool overflow = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) {
      throw Error("shape " + to_string(shape) + " has a negative dimension");
    }
    if (dimension == 0) {
      return 0;
    }
    overflow = overflow || __builtin_mul_overflow(count, dimension, &count);
  }
  if (overflow) {
    throw Error("shape " + to_string(shape) + " has more elements than 64 bits can count");
  }
  return count;
}

std::int64_t byte_count(Type type, const Shape& shape) {
  const std::int64_t elements = element_count(shape);
  const std::int64_t length = shape.empty() ? 1 : shape.back();
  if (elements == 0) {
    return 0;
  }
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(elements / length, row_bytes(type, length), &bytes)) {
    throw Error("shape " + to_string(shape) + " has more bytes than 64 bits can count");
  }
  return bytes;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (const std::int64_t dimension : shape) {
    text += text.size() > 1 ? ", " : "";
    text += std::to_string(dimension);
  }
  return text + "]";
}

std::int64_t TensorView::rows() const {
  std::int64_t count = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
    count *= shape[i];
  }
  return count;
}

std::int64_t TensorView::row_length() const {
  return shape.empty() ? 1 : shape.back();
}

std::span<const std::byte> TensorView::row(std::int64_t index) const {
  const auto length = static_cast<std::size_t>(row_bytes(type, row_length()));
  return bytes.subspan(static_cast<std::size_t>(index) * length, length);
}

}  // namespace ridgepoint

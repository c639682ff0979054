// Shapes and views. Shapes are row-major, outermost dimension first, as in PyTorch and NumPy (GGUF
// stores them the other way round; only the GGUF reader and writer know that). The last dimension
// is the one that quantisation blocks run along.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "workloads/tensor/type.h"

namespace ridgepoint {

using Shape = std::vector<std::int64_t>;

/// Product of the dimensions (1 for a scalar); Error on overflow of int64.
std::int64_t element_count(const Shape& shape);
/// Bytes that a tensor takes in memory; Error when the last dimension is not whole blocks.
std::int64_t byte_count(Type type, const Shape& shape);
/// "[2048, 5632]"
std::string to_string(const Shape& shape);

/// A tensor that somebody else owns. `bytes` is empty when only the description is known.
struct TensorView {
  Type type = Type::f32;
  Shape shape;
  std::span<const std::byte> bytes;
  /// The bytes are mapped from a file and only read: who has copied them may drop their pages, and
  /// whoever reads them again gets them from the file.
  bool mapped = false;

  [[nodiscard]] std::int64_t rows() const;        ///< product of all but the last dimension
  [[nodiscard]] std::int64_t row_length() const;  ///< last dimension
  [[nodiscard]] std::span<const std::byte> row(std::int64_t index) const;
};

}  // namespace ridgepoint

// From weights as a model stores them to a Matrix as the device reads it (kernels/matrix.h): the
// same numbers, put where sixteen bytes can be loaded at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backends/cuda/kernels/matrix.h"
#include "workloads/tensor/tensor.h"

namespace ridgepoint::cuda {

/// How a matrix lies in one piece of memory: its planes one after the other.
struct MatrixLayout {
  Matrix shape;  ///< without addresses
  std::size_t upper_offset = 0, scale_offset = 0, bytes = 0;

  /// The matrix whose planes begin at `data`.
  [[nodiscard]] Matrix at(const std::byte* data) const;
};

/// `out` rows of `in` inputs of any weight type.
MatrixLayout layout_of(Type type, std::int64_t out, std::int64_t in);

/// Rows of each plane, [begin, end) of the matrix.
struct RepackedRows {
  std::span<std::byte> codes, upper, scales;
};
/// `target` has whole rows of each plane and is zero.
void repack_rows(const TensorView& weight, const MatrixLayout& layout, std::int64_t begin,
                 std::int64_t end, const RepackedRows& target);

}  // namespace ridgepoint::cuda

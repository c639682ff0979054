// Random weights of one tensor, row by row: a pure function of the seed, the tensor's canonical
// name and the row, so any thread may make any row and every machine makes the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/models/model.h"

namespace ridgepoint {

/// Matrices are approximately normal with standard deviation 1/sqrt(fan-in), so that activations
/// keep their size from layer to layer; embeddings 0.02, norms 1 +- 0.05, biases +- 0.02.
/// Immutable; any thread.
class SyntheticTensor {
 public:
  /// What is no matrix is f32 whatever `type` says. Error when the rows are not whole blocks of it.
  SyntheticTensor(TensorPlan plan, Type type, std::uint64_t seed);

  [[nodiscard]] const TensorPlan& plan() const { return plan_; }
  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t row_bytes() const { return row_bytes_; }
  [[nodiscard]] std::int64_t bytes() const { return rows_ * row_bytes_; }

  /// `target` holds `count` rows in this tensor's type; `scratch` is reused between calls.
  void fill(std::int64_t first_row, std::int64_t count, std::span<std::byte> target,
            std::vector<float>& scratch) const;

 private:
  TensorPlan plan_;
  Type type_;
  std::int64_t rows_, row_length_, row_bytes_;
  std::uint64_t key_;
  float mean_, scale_;
};

}  // namespace ridgepoint

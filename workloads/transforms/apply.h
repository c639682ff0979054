// Model in, model out: matrices in other types, everything else as it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/models/model.h"
#include "workloads/transforms/transform.h"

namespace ridgepoint {

/// What became of one matrix.
struct TensorChange {
  std::string name;
  Type from = Type::f32, to = Type::f32;
  std::int64_t bytes_before = 0, bytes_after = 0;
  double relative_error = 0;  ///< of what was stored (encode.h)
};

struct TransformReport {
  std::vector<TensorChange> changes;               ///< in the model's order, without what was kept
  std::int64_t bytes_before = 0, bytes_after = 0;  ///< of all weights
  double relative_error = 0;                       ///< over all matrices that were not to be kept

  /// The change with the largest error, nullptr when there is none.
  [[nodiscard]] const TensorChange* worst() const;
};

struct Transformed {
  Model model;
  TransformReport report;
};

/// The weights that change are made in memory, the rest stays where it is; a model whose matrices
/// all change lets go of what it was mapped from. The same bits for any number of threads. Error,
/// one line: a rule that fits no matrix, a row that is not whole blocks of its type, a weight that
/// is not finite.
Transformed apply_transform(Model model, const Transform& transform, int threads);

}  // namespace ridgepoint

// StreamPlan: which weights of a model stay in memory and which come from the disk for each step,
// in the order in which a step reads them, and where in which file they lie.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct StreamedWeight {
  std::string name;
  std::int64_t bytes = 0;
  std::string file;
  std::int64_t offset = 0;  ///< in the file
  /// The backend computes from a copy in an order of its own (Backend::reorders).
  bool reordered = false;
};

/// What comes and goes together: the matrices of a layer, or one that belongs to none.
struct StreamGroup {
  std::string name;  ///< "blk.3", "output.weight"
  std::vector<StreamedWeight> weights;
  bool resident = true;
  [[nodiscard]] std::int64_t bytes() const;
};

struct StreamPlan {
  std::vector<StreamGroup> groups;  ///< in the order of a step
  /// Matrices that stay whatever the budget: those that lie in no file as they are used, and a
  /// table of tokens that is the output matrix, too.
  std::int64_t fixed_bytes = 0;
  std::int64_t fixed_in_file_bytes = 0;  ///< of them, used where a file has them

  /// Of all matrices that a step reads whole. Norms, biases and rows of the token table, which are
  /// thousandths of them, stay and are not counted.
  [[nodiscard]] std::int64_t bytes() const;
  [[nodiscard]] std::int64_t streamed_bytes() const;
  [[nodiscard]] double resident_share() const;
};

/// With every group resident. Error when the model cannot be lowered, or none of its weights lies
/// in a file.
StreamPlan plan_stream(const Model& model, const Backend& backend);

/// The same with no more than `budget` bytes resident (or the fixed ones): spread over the model,
/// so that reading ahead has time while what is resident computes.
StreamPlan with_budget(StreamPlan plan, std::int64_t budget);

}  // namespace ridgepoint

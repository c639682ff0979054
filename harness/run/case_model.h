// The model that a case runs: opened, and transformed where the case says so.
#pragma once

#include <cstdint>
#include <optional>

#include "workloads/case.h"
#include "workloads/models/model.h"
#include "workloads/transforms/apply.h"

namespace ridgepoint {

struct CaseModel {
  Model model;
  std::optional<TransformReport> transformed;  ///< absent: the case has no transform
  std::int64_t transform_ns = 0;               ///< what it took, reading the weights included
};

/// Error when the model cannot be opened, or the transform does not suit it.
CaseModel open_case_model(const Case& subject, int threads);

}  // namespace ridgepoint

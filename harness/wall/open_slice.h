// A model and its slice on the engine that runs it.
#pragma once

#include <cstdint>
#include <memory>

#include "backends/backend.h"
#include "workloads/case.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct OpenSlice {
  Model outline;  ///< a file's weights are mapped, a shape's are only described
  Model slice;    ///< as many of its layers as no cache holds
  std::unique_ptr<Backend> backend;
};

/// Chooses the backend where the variant names none: the first of cpu, quantized and reference that
/// runs the model. Error for a model that cannot be run.
OpenSlice open_slice(Case& variant, int threads);

/// More than the caches hold, so that what is read once comes from memory each time.
std::int64_t cold_bytes();

}  // namespace ridgepoint

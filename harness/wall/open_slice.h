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
/// runs the model. Error for a model that cannot be run, for a type of weights that a model's own
/// are not of, and for a backend that computes nothing.
OpenSlice open_slice(Case& variant, int threads);

/// Whether the model is a shape, whose weights are made up in any type, and not one that has its
/// own.
bool is_shape(const Case& variant);
/// Error: the variant names a type, and its model has weights of its own.
[[noreturn]] void refuse_type_of(const Case& variant);

/// More than the caches hold, so that what is read once comes from memory each time.
std::int64_t cold_bytes();

}  // namespace ridgepoint

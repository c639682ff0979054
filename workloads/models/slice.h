// Slices and outlines: a model cut down to a few layers, to be timed in its place, and a model
// without bytes, of which graphs and their work can be told though no memory would hold it.
#pragma once

#include <cstdint>

#include "workloads/models/model.h"
#include "workloads/models/model_type.h"

namespace ridgepoint {

/// The first `layers` layers, with the first `vocabulary` rows of the tables that have a row a
/// token; each at most what the model has. Views into the same bytes.
Model slice_model(const Model& model, std::int64_t layers, std::int64_t vocabulary);

/// Every tensor that the config implies, described, without bytes. Error when the type does not
/// suit one.
Model outline_model(const ModelConfig& config, ModelType type);

}  // namespace ridgepoint

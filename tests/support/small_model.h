// Models small enough to compute by plain loops in no time, of any geometry and weight type.
#pragma once

#include <cstdint>

#include "workloads/models/model.h"

namespace ridgepoint {

/// Seeded random weights in memory; matrices as `type`, the rest f32. Error when the rows of a
/// matrix are not whole blocks of the type.
Model small_model(const ModelConfig& config, Type type, std::uint64_t seed);

}  // namespace ridgepoint

// What every reader checks about the numbers of a model before it computes with them.
#pragma once

#include <cstdint>
#include <string_view>

#include "workloads/models/model_config.h"

namespace ridgepoint {

/// Error ("ORIGIN: byte OFFSET: ...") when a number is out of its range or two do not fit together.
/// After it, products of any two dimensions fit 64 bits.
void check_config(const ModelConfig& config, std::string_view origin, std::uint64_t offset);

}  // namespace ridgepoint

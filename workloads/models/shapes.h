// Named shapes: the models that people ask about, as numbers only. Sources: each model's published
// config.json.
#pragma once

#include <span>
#include <string_view>

#include "workloads/models/model_config.h"

namespace ridgepoint {

std::span<const ModelConfig> shapes();                 ///< name field = the name to ask for
const ModelConfig* find_shape(std::string_view name);  ///< nullptr when unknown
}  // namespace ridgepoint

// An op's time and work as JSON: what exports hold and what a measuring process sends.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "results/record.h"

namespace ridgepoint {

nlohmann::json json_of(const OpTime& op);

}  // namespace ridgepoint

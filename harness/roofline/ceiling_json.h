// Ceilings as JSON: what `roofline --format json` prints and what records keep in their details.
// Keys in docs/ceilings.md.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "profiler/ceilings/ceiling.h"

namespace ridgepoint {

nlohmann::json json_of(const ceilings::Ceiling& ceiling);
nlohmann::json json_of(const ceilings::Curve& curve);
nlohmann::json json_of(const ceilings::Conditions& conditions);

}  // namespace ridgepoint

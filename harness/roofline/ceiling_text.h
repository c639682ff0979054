// Ceilings as a person reads them: sections of rows, and what was measured under which conditions.
#pragma once

#include <string>

#include "profiler/ceilings/ceiling.h"

namespace ridgepoint {

std::string ceiling_text(const ceilings::Measured& measured);

}  // namespace ridgepoint

// Whether this machine has a performance monitoring unit of its cores: without one nothing that a
// core does can be counted, whatever the permissions are. Virtual machines often have none.
#pragma once

#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

/// Name of the kernel's event source ("cpu"), or why there is none.
Reading<std::string> read_core_pmu();

}  // namespace ridgepoint

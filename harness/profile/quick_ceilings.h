// Ceilings for who has none yet: what `ridgepoint roofline --quick` measures, stored as its run.
#pragma once

#include <atomic>
#include <string>

#include "results/store/store.h"

namespace ridgepoint {

/// Under a minute. Error when it is interrupted before there is anything.
void measure_quick_ceilings(Store& store, const std::string& command,
                            const std::atomic<bool>& stop);

}  // namespace ridgepoint

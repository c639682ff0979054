// Ceilings for who has none yet: what `ridgepoint roofline --quick` measures, stored as its run.
#pragma once

#include <atomic>
#include <string>

#include "results/store/store.h"

namespace ridgepoint {

/// Under a minute. `suite` is that of ceilings_suite: of the processor or of a GPU. Error when it
/// is interrupted before there is anything, and for a GPU that is not there.
void measure_quick_ceilings(Store& store, const std::string& suite, const std::string& command,
                            const std::atomic<bool>& stop);

}  // namespace ridgepoint

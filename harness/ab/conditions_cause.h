// Why an arm that is no case of ours differs, as far as the kernel counted it: CPU time, clock,
// switches and faults of the processes of each arm, side by side.
#pragma once

#include <string>

#include "results/ab_session.h"

namespace ridgepoint {

/// A sentence a line, over the pairs that count; empty where nothing was counted.
std::string conditions_cause(const AbSession& session);

}  // namespace ridgepoint

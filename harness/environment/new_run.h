// A run before anything is measured: who it is, of which build, on which machine, as it is now.
#pragma once

#include <string>

#include "results/record.h"

namespace ridgepoint {

Run new_run(const std::string& suite, const std::string& label, const std::string& command);

}  // namespace ridgepoint

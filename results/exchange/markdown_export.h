// Markdown export: what one pastes into a merge request; the environment folds away.
#pragma once

#include <string>

#include "results/record.h"

namespace ridgepoint {

std::string run_to_markdown(const RunWithRecords& data);

}  // namespace ridgepoint

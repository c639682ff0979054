// Reads what `git status --porcelain=v2 --branch` prints.
#pragma once

#include <string_view>

#include "harness/environment/environment.h"

namespace ridgepoint {

GitState parse_git_status(std::string_view text);

}  // namespace ridgepoint

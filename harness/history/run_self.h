// This program again, as a person would start it in the same terminal.
#pragma once

#include <atomic>
#include <string>
#include <vector>

namespace ridgepoint {

/// Runs it with these arguments (without the program's name) to its end; its standard output goes
/// to standard error, so that the caller's stays its own. SIGINT is passed on once `stop` is set,
/// so that it can tidy up. Its exit code, 128 + signal where one ended it. Error when it cannot be
/// started.
int run_self(const std::vector<std::string>& arguments, const std::atomic<bool>& stop);

}  // namespace ridgepoint

// Another program's answer: started without a shell, waited for, its output read.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ridgepoint {

struct ProgramAnswer {
  int exit_code = -1;  ///< -1 when a signal ended it
  std::string output;  ///< standard output, at most 16 MiB; what it says on stderr is dropped
};
/// Looks `arguments[0]` up in PATH; each argument arrives as it stands. Empty when there is no such
/// program or it cannot be started.
std::optional<ProgramAnswer> ask_program(const std::vector<std::string>& arguments);

}  // namespace ridgepoint

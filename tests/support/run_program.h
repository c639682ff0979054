// Runs a program as a person would: arguments in, exit code and both outputs back.
#pragma once

#include <string>
#include <vector>

namespace ridgepoint::testing {

struct ProgramResult {
  int exit_code = -1;  ///< 128 + signal when killed by one
  std::string out;
  std::string err;
};

/// `environment` ("KEY=value") is added to this process's. Standard input is /dev/null. A positive
/// `interrupt_after_ms` sends SIGINT then.
ProgramResult run_program(const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment = {},
                          int interrupt_after_ms = 0);

/// The ridgepoint executable of this build.
std::string ridgepoint_path();

}  // namespace ridgepoint::testing

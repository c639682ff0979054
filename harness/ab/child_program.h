// One run of somebody's program: in a process group of its own that dies as a whole, its output
// read, its wall time taken, and what the kernel did to it meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ridgepoint {

struct ChildProgramOptions {
  std::vector<std::string> arguments{};       ///< arguments[0] is looked up in PATH
  std::filesystem::path working_directory{};  ///< empty: this process's
  double time_limit_seconds = 600;
};

struct ChildProgramResult {
  std::string output;  ///< standard output and error as they came, at most 64 MiB
  std::int64_t started_unix_ns = 0;
  std::int64_t wall_ns = 0;  ///< from just before it was started to its end being known
  std::int64_t cpu_ns = 0;   ///< user and system, of it and all it waited for
  std::int64_t involuntary_switches = 0;
  std::int64_t major_faults = 0;
  int exit_code = -1;        ///< -1: ended by a signal, or killed here
  std::string ended;         ///< "exit code 3", "SIGSEGV", "killed after 600 s"; empty when 0
  bool interrupted = false;  ///< `stop` was set: it was killed
};

/// Error when it cannot be started. Thread-safe as long as nobody else waits for its process.
ChildProgramResult run_child_program(const ChildProgramOptions& options,
                                     const std::atomic<bool>& stop);

/// The last line that is not blank, made printable and cut at 200 characters; "(nothing)" when
/// there is none.
std::string last_words(const std::string& output);

}  // namespace ridgepoint

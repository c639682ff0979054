// Environment: what goes on record about the machine and the build, as canonical JSON (sorted keys,
// no spaces), in two parts: `stable` is hashed and says whether two runs can be compared; what
// moves (load, steal, clocks, free memory) is taken before and after each run and around each case.
#pragma once

#include <string>

namespace ridgepoint {

struct Environment {
  std::string stable;       ///< canonical JSON
  std::string stable_hash;  ///< 128-bit XXH3 of `stable`, hex
};
Environment read_environment();

/// Canonical JSON of what moves: load averages, cumulative steal and total jiffies, MemAvailable,
/// clock of each CPU in kHz where known, page faults and context switches of this process.
std::string read_conditions();

struct GitState {
  std::string commit, branch;
  bool dirty = false;      ///< files that git tracks are modified
  std::string why_none{};  ///< why neither commit nor branch is known; empty where one is
};
/// Of the repository that holds the working directory.
GitState read_git_state();

}  // namespace ridgepoint

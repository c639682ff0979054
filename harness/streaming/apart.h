// run_apart: work in a child of this process, a fork of it, so that whatever ends the child is a
// result here and not the end of everything.
#pragma once

#include <atomic>
#include <functional>
#include <string>

namespace ridgepoint {

struct ApartResult {
  std::string answer;   ///< what the work returned
  std::string problem;  ///< the error that it threw; empty: none
  int signal = 0;       ///< that ended the child; 0: none did
  bool stopped = false;

  [[nodiscard]] bool came_out() const { return problem.empty() && signal == 0 && !stopped; }
};

/// The child sees memory as it is now and leaves nothing behind: no destructor of what was made
/// before runs in it. No other thread of this process may hold what the work needs. When `stop` is
/// set, and when this process dies, the child is ended. Error when no process can be made.
ApartResult run_apart(const std::function<std::string()>& work, const std::atomic<bool>& stop);

}  // namespace ridgepoint

// Ctrl-C and SIGTERM, turned into a flag that a sweep looks at. A second one ends the process the
// ordinary way.
#pragma once

#include <atomic>

namespace ridgepoint {

/// While it lives, SIGINT and SIGTERM set the flag. One at a time. What follows within half a
/// second is the same request: GNU timeout and shells signal a process and then its group, it among
/// them.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] const std::atomic<bool>& requested() const;
};

}  // namespace ridgepoint

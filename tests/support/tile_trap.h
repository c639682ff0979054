// TileTrap: while it lives, AMX's instructions run on a CPU without AMX. The CPU refuses each of
// them; the trap decodes it where it stands and does what it says on an emulated machine of the
// thread's own. So the code that the compiler made for AMX is itself tested: which tiles it names,
// where it loads from, that it configures and releases them.
#pragma once

#include <signal.h>

namespace ridgepoint {

class TileTrap {
 public:
  TileTrap();
  ~TileTrap();
  TileTrap(const TileTrap&) = delete;
  TileTrap& operator=(const TileTrap&) = delete;

  /// Instructions caught so far, by all threads.
  [[nodiscard]] static long caught();
  /// The calling thread's tiles are configured and not released.
  [[nodiscard]] static bool configured();

 private:
  struct sigaction before_ {};
};

}  // namespace ridgepoint

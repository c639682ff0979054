// Energy of a GPU a token, over windows of seconds, since its counter moves about ten times a
// second and sees only a part of that time (arXiv 2312.02741). Passes of their own, after those
// that are timed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "profiler/probe.h"

namespace ridgepoint {

struct EnergyWindows {
  int count = 3;
  std::int64_t window_ns = 3'000'000'000;
};

/// A phase whose passes follow each other within a window, and nothing else does.
struct EnergyPhase {
  std::function<void()> before_window;  ///< makes ready, outside the window
  std::function<bool()> pass;           ///< whether it was completed
  std::int64_t tokens_a_pass = 0;
};

/// `probe` gives "gpu_energy" in joules. {"joules_per_token", "windows": [...]}, or {"absent":
/// why}.
nlohmann::json measure_energy(Probe& probe, const EnergyPhase& phase, const EnergyWindows& windows,
                              const std::atomic<bool>& stop);

/// The figure in that, if it is there.
std::optional<double> joules_per_token(const nlohmann::json& energy);

}  // namespace ridgepoint

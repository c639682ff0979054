// What the driver says of a GPU around a case's samples, outside timed regions: whether it slowed
// the clock down and why, power, temperature. Read before the first sample, after the last, and
// between samples no more often than ten times a second.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "backends/backend.h"
#include "profiler/energy/nvml_probe.h"

namespace ridgepoint {

class DeviceConditions {
 public:
  static constexpr std::int64_t kShortestGap_ns = 100'000'000;

  /// Nothing happens where the backend computes on no NVIDIA GPU.
  explicit DeviceConditions(const Backend& backend,
                            const std::string& library = "libnvidia-ml.so.1");

  void before_samples();
  void before_sample();
  /// {"before", "after": {...}, "readings", "slowed_down", "reasons"}, or {"absent": why}; null
  /// where there is no GPU.
  [[nodiscard]] nlohmann::json finish();

 private:
  void note_throttling();

  std::optional<NvmlProbe> probe_;
  std::string before_;  ///< JSON
  std::int64_t last_ns_ = 0, readings_ = 0, slowed_down_ = 0;
  std::uint64_t reasons_ = 0;  ///< all that were seen
};

}  // namespace ridgepoint

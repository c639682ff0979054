// What happens around each sample on a device of its own: its second-level cache is emptied where
// the case asks for that (cold-gpu), and its clock is read, from its own counters, so that a slow
// sample can be told from a slow clock. All of it outside the timed region.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "backends/backend.h"

namespace ridgepoint {

class DeviceSampling {
 public:
  /// Counted bytes must be at least so much of those that a cold pass has to bring in.
  static constexpr double kLeastCountedShare = 0.9;

  DeviceSampling(const Backend& backend, bool cold) : backend_(backend), cold_(cold) {}

  /// Whether there is anything to do around samples.
  [[nodiscard]] bool wanted() const { return backend_.cuda_device().has_value(); }
  /// Untimed part of each sample.
  void before_sample();

  /// Empty, or why the condition did not hold: of a pass that hardware counters counted,
  /// `counted_bytes` came from the device's memory, of `needed_bytes` at the least.
  [[nodiscard]] std::string doubt(std::optional<double> counted_bytes, double needed_bytes) const;
  [[nodiscard]] nlohmann::json clock_json() const;
  [[nodiscard]] nlohmann::json cache_json(std::optional<double> counted_bytes,
                                          double needed_bytes) const;

 private:
  const Backend& backend_;
  bool cold_;
  std::int64_t evicted_bytes_ = 0;  ///< written and read before the last sample
  std::vector<double> clocks_hz_;
};

}  // namespace ridgepoint

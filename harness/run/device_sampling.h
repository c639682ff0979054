// What happens around each sample on a device of its own: its second-level cache is emptied where
// the case asks for that (cold-gpu), and its clock is read, from its own counters, so that a slow
// sample can be told from a slow clock. All of it outside the timed region. Under rotate-gpu
// nothing is emptied: a sample is a recording of turns over data of their own (prepared_op.h).
// Whether either was cold is for counted bytes to say.
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

  enum class Cold : std::uint8_t { no, emptied, rotated };
  /// `turns` are those of a rotation.
  DeviceSampling(const Backend& backend, Cold cold, std::int64_t turns = 0)
      : backend_(backend), cold_(cold), turns_(turns) {}

  /// Whether there is anything to do around samples.
  [[nodiscard]] bool wanted() const { return backend_.cuda_device().has_value(); }
  /// Untimed part of each sample.
  void before_sample();

  /// Empty, or why the condition did not hold: of a pass that hardware counters counted,
  /// `counted_bytes` came from the device's memory, of `needed_bytes` at the least.
  [[nodiscard]] std::string doubt(std::optional<double> counted_bytes, double needed_bytes) const;
  [[nodiscard]] nlohmann::json clock_json() const;
  /// The device's memory: pool, classes at their peaks, and the driver's view.
  [[nodiscard]] nlohmann::json memory_json() const;
  [[nodiscard]] nlohmann::json cache_json(std::optional<double> counted_bytes,
                                          double needed_bytes) const;

 private:
  [[nodiscard]] const char* condition() const;

  const Backend& backend_;
  Cold cold_;
  std::int64_t turns_;
  std::int64_t evicted_bytes_ = 0;  ///< written and read before the last sample
  std::vector<double> clocks_hz_;
};

}  // namespace ridgepoint

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
  /// Beyond a thousandth of the time (EventTimes); events are half a microsecond apart or so.
  static constexpr std::int64_t kMostBeyond_ns = 2000;
  /// What of the host's time events must account for, but for a fixed part of each run, in which
  /// launches reach the device and the host learns of the end.
  static constexpr double kLeastTimedShare = 0.8;
  static constexpr std::int64_t kUntimed_ns = 200'000;

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
  /// Empty, or why what events of the device say cannot be right: kMostBeyond_ns more than the
  /// host's clock leaves room for, or so much less that something else must have run.
  [[nodiscard]] std::string doubt_of_times() const;
  [[nodiscard]] nlohmann::json clock_json() const;
  /// Events of the device beside the host's clock, of all runs so far.
  [[nodiscard]] nlohmann::json times_json() const;
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

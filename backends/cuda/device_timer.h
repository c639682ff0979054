// Times runs by events of the device. A launch takes the host longer than a short kernel takes the
// device, so the device is held by a kernel that only waits while the launches queue up behind it:
// between the two events it then does nothing but the run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "backends/cuda/arena.h"
#include "backends/device_time.h"

namespace ridgepoint::cuda {

class DeviceTimer {
 public:
  /// `times` gets every run that was timed.
  DeviceTimer(const std::shared_ptr<Arena>& arena, std::shared_ptr<EventTimes> times);

  /// Before the launches of a run; `hold`: behind a kernel that waits.
  void begin(bool hold);
  /// After them.
  void end();
  /// When the device has been waited for.
  void finish();
  /// Of the last run that was finished.
  [[nodiscard]] std::optional<DeviceTime> last() const { return last_; }

 private:
  std::shared_ptr<Arena> arena_;
  std::shared_ptr<EventTimes> times_;
  std::unique_ptr<Marks> marks_;
  DeviceBytes clock_room_;
  std::optional<DeviceTime> last_;
  std::int64_t hold_ns_;          ///< how long the device is held next
  std::int64_t earliest_ns_ = 0;  ///< on the host's clock: before that the first event did not pass
  bool queued_ = false, ended_ = false;
};

}  // namespace ridgepoint::cuda

#include "backends/cuda/device_timer.h"

#include <algorithm>
#include <utility>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint::cuda {
namespace {

// Longer than a launch takes from the host to the device, and no longer than a sample may wait.
constexpr std::int64_t kShortestHold_ns = 30'000, kLongestHold_ns = 2'000'000;

}  // namespace

DeviceTimer::DeviceTimer(const std::shared_ptr<Arena>& arena, std::shared_ptr<EventTimes> times)
    : arena_(arena),
      times_(std::move(times)),
      marks_(arena->device().make_marks(2)),
      clock_room_(arena->take(2 * sizeof(std::uint64_t), MemoryClass::scratch)),
      hold_ns_(kShortestHold_ns) {}

void DeviceTimer::begin(bool hold) {
  Device& device = arena_->device();
  earliest_ns_ = monotonic_ns();
  queued_ = hold;
  if (hold) {
    const ClockArgs args{.spin_ns = static_cast<std::uint64_t>(hold_ns_),
                         .out = clock_room_.as<std::uint64_t>()};
    device.launches().clock(args, device.stream());
    earliest_ns_ += hold_ns_;
  }
  marks_->set(0);
}

void DeviceTimer::end() {
  marks_->set(1);
  ended_ = true;
  if (!queued_) return;
  const std::int64_t late_ns = monotonic_ns() - earliest_ns_;
  queued_ = late_ns <= 0;
  // Twice what the launches took this time.
  hold_ns_ = std::clamp(2 * (late_ns + hold_ns_), kShortestHold_ns, kLongestHold_ns);
}

void DeviceTimer::finish() {
  if (!std::exchange(ended_, false)) return;
  const std::int64_t device_ns = std::max<std::int64_t>(1, marks_->since_first_ns(1));
  times_->add(device_ns, std::max<std::int64_t>(0, monotonic_ns() - earliest_ns_), queued_);
  last_ = DeviceTime{.ns = device_ns, .queued = queued_};
}

}  // namespace ridgepoint::cuda

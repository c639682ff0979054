// What an engine's device says of how long it worked, by its own events, beside the host's clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ridgepoint {

/// Of one run, all its passes together.
struct DeviceTime {
  std::int64_t ns = 0;  ///< from before the first launch to after the last, by the device's events
  /// All launches were with the device before the first of them began, so that it never waited for
  /// the host in between.
  bool queued = false;
};

/// Of many runs, each held against the host's clock: from when the first event can have passed at
/// the earliest until the host learnt of the last.
struct EventTimes {
  std::int64_t runs = 0, device_ns = 0, host_ns = 0;
  std::int64_t queued = 0;  ///< runs of which DeviceTime::queued
  /// The most that events were further apart than by the host's clock and a thousandth, by which
  /// the two may run apart.
  std::int64_t beyond_ns = 0;

  void add(std::int64_t device, std::int64_t host, bool was_queued) {
    ++runs;
    device_ns += device;
    host_ns += host;
    queued += was_queued ? 1 : 0;
    beyond_ns = std::max(beyond_ns, device - host - host / 1000);
  }
};

}  // namespace ridgepoint

// ThreadCounters: a group of events of one thread, read by that thread itself while it works. Where
// the kernel lets a thread read the hardware's counters without a system call, it does; else it
// asks the kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "profiler/perf/event_code.h"

namespace ridgepoint {

/// Of one event since it was opened. Counted for less time than it was meant to be: others held the
/// counters meanwhile.
struct EventCount {
  std::uint64_t value = 0, enabled_ns = 0, running_ns = 0;
  bool operator==(const EventCount&) const = default;
};

class ThreadCounters {
 public:
  virtual ~ThreadCounters() = default;
  /// In the order of the events. Only on the thread that opened them. False when it cannot be.
  virtual bool read(std::span<EventCount> counts) noexcept = 0;
};

/// Who opens counters; several threads may ask at once.
class CounterSource {
 public:
  virtual ~CounterSource() = default;
  /// Of the calling thread, all of them on the hardware at the same time. Null, and in one line
  /// why, where that cannot be.
  virtual std::unique_ptr<ThreadCounters> open(std::span<const EventCode> events,
                                               std::string& why) = 0;
};

/// The kernel's perf_event: what a thread does outside of the kernel.
class PerfCounterSource : public CounterSource {
 public:
  std::unique_ptr<ThreadCounters> open(std::span<const EventCode> events,
                                       std::string& why) override;
};

}  // namespace ridgepoint

// What stands for a PMU: counters of each thread, which a test moves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "profiler/perf/memory_controllers.h"
#include "profiler/perf/thread_counters.h"

namespace ridgepoint::testing {

/// Events are told apart by their config.
class FakeCounterSource : public CounterSource {
 public:
  std::size_t most_at_once = 8;     ///< more do not fit onto this hardware
  std::size_t counted_at_once = 8;  ///< groups of more are opened, and never counted
  std::set<std::uint64_t> refused;
  bool cannot_read = false;
  std::size_t opened = 0;

  /// On the calling thread.
  void count(std::uint64_t event, const EventCount& more) {
    const std::lock_guard lock(mutex_);
    EventCount& count = counts_[{std::this_thread::get_id(), event}];
    count.value += more.value;
    count.enabled_ns += more.enabled_ns;
    count.running_ns += more.running_ns;
  }
  /// All the time.
  void count(std::uint64_t event, std::uint64_t value) { count(event, {value, 10, 10}); }

  std::unique_ptr<ThreadCounters> open(std::span<const EventCode> events,
                                       std::string& why) override {
    const std::lock_guard lock(mutex_);
    ++opened;
    if (events.size() > most_at_once) {
      why = "perf_event_open: Invalid argument";
      return nullptr;
    }
    for (const EventCode& event : events) {
      if (!refused.contains(event.config)) continue;
      why = "the kernel offers no such event here";
      return nullptr;
    }
    return std::make_unique<Counters>(*this, events);
  }

 private:
  class Counters : public ThreadCounters {
   public:
    Counters(FakeCounterSource& source, std::span<const EventCode> events)
        : source_(source), events_(events.begin(), events.end()) {}
    bool read(std::span<EventCount> counts) noexcept override {
      const std::lock_guard lock(source_.mutex_);
      if (source_.cannot_read) return false;
      for (std::size_t i = 0; i < counts.size(); ++i) {
        counts[i] = source_.counts_[{std::this_thread::get_id(), events_[i].config}];
        if (events_.size() > source_.counted_at_once) counts[i].running_ns = counts[i].value = 0;
      }
      return true;
    }

   private:
    FakeCounterSource& source_;
    std::vector<EventCode> events_;
  };

  std::mutex mutex_;
  std::map<std::pair<std::thread::id, std::uint64_t>, EventCount> counts_;
};

/// Memory controllers whose counters a test moves; without events there are none.
class FakeControllers : public SystemCounterSource {
 public:
  std::vector<ControllerEvent> there;
  std::vector<double> bytes;
  std::string refused;
  bool cannot_read = false;

  Reading<std::vector<ControllerEvent>> events() override {
    return there.empty() ? Reading<std::vector<ControllerEvent>>::absent("there are none")
                         : Reading<std::vector<ControllerEvent>>::of(there);
  }
  std::unique_ptr<SystemCounters> open(const std::vector<ControllerEvent>&,
                                       std::string& why) override {
    why = refused;
    return refused.empty() ? std::make_unique<Counters>(*this) : nullptr;
  }

 private:
  class Counters : public SystemCounters {
   public:
    explicit Counters(FakeControllers& of) : of_(of) {}
    bool read(std::vector<double>& now) override {
      now = of_.bytes;
      return !of_.cannot_read;
    }

   private:
    FakeControllers& of_;
  };
};

}  // namespace ridgepoint::testing

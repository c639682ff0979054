// OpCounter: counters of each thread of a team, read at the borders of ops by the thread itself, so
// that each op gets what was done for it and by whom is no matter. Reading costs: a pass that is
// counted is neither timed nor traced.
//
// Several figures need more events than a core has counters: they are counted group by group, a
// pass each.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "profiler/cupti/counted_ranges.h"
#include "profiler/perf/counted_figures.h"
#include "profiler/perf/thread_counters.h"
#include "profiler/span.h"

namespace ridgepoint {

/// Groups that each fit onto the hardware at once, as opening them on this thread shows. Where an
/// event cannot be opened even alone, `refused` gets "name: why".
std::vector<std::vector<CountedEvent>> groups_that_fit(std::span<const CountedEvent> events,
                                                       CounterSource& source,
                                                       std::vector<std::string>& refused);

/// What one pass counted.
struct CountedPassOfOps {
  /// By begin; of each thread and turn, each event times its factor, and scaled where it was
  /// counted for part of the time. Without values: of an op that was not counted on that thread.
  std::vector<CountedRange> ranges{};
  MetricSchedule schedule{};     ///< the events' names, as sum_counts takes them
  bool is_cut = false;           ///< what came after the last range had no room
  std::size_t threads = 0;       ///< that announced anything
  std::vector<double> shares{};  ///< of each event: of the time, for how much it was counted
  std::string why{};             ///< empty, or why there is nothing
};

class OpCounter : public SpanListener, public WorkerListener {
 public:
  struct Room {
    std::size_t threads = 256, turns = 65536;  ///< of each thread
  };
  OpCounter(std::span<const CountedEvent> events, CounterSource& source, Room room);
  OpCounter(std::span<const CountedEvent> events, CounterSource& source)
      : OpCounter(events, source, Room{}) {}

  void begin(std::uint32_t, std::uint32_t) noexcept override {}
  void end() noexcept override {}
  [[nodiscard]] WorkerListener* workers() noexcept override { return this; }
  void next(int worker, std::uint32_t source, std::uint32_t op) noexcept override;
  void stop(int worker) noexcept override;

  /// What is announced before start and after stop is not counted. Between passes only.
  void start_pass() { is_counting_ = true; }
  void stop_pass() { is_counting_ = false; }
  /// What was counted since it was made; once, after the pass.
  CountedPassOfOps take();

 private:
  struct Turn {
    OpPlace op;
    std::int64_t begun_ns = 0;
  };
  /// What one thread of the team writes.
  struct alignas(64) Lane {
    pid_t thread = 0;  ///< that the counters are of
    std::unique_ptr<ThreadCounters> counters{};
    std::vector<EventCount> before{}, now{};
    Turn turn{};
    bool is_open = false, is_full = false;
    std::vector<Turn> turns{};
    std::vector<EventCount> counted{};  ///< of each turn, all events
    std::string why{};
  };

  Lane* lane_of(int worker) noexcept;
  bool make_ready(Lane& lane);
  bool read_now(Lane& lane) noexcept;
  void close(Lane& lane) noexcept;
  void add_lane(const Lane& lane, CountedPassOfOps& pass, std::vector<EventCount>& all) const;

  std::vector<CountedEvent> events_;
  std::vector<EventCode> codes_;
  CounterSource& source_;
  Room room_;
  std::vector<Lane> lanes_;
  bool is_counting_ = false;
  std::atomic<bool> has_no_lane_ = false;  ///< a thread worked for which there is no room
};

}  // namespace ridgepoint

#include "profiler/perf/op_counter.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <map>
#include <utility>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {
namespace {

pid_t thread_here() noexcept {
  static const thread_local pid_t kThread = static_cast<pid_t>(::syscall(SYS_gettid));
  return kThread;
}

std::vector<EventCode> codes_of(std::span<const CountedEvent> events) {
  std::vector<EventCode> codes;
  for (const CountedEvent& event : events) codes.push_back(event.code);
  return codes;
}

/// Nothing runs backwards, though two ways of reading may differ in how new their times are.
EventCount difference(const EventCount& before, const EventCount& now) {
  const auto from = [](std::uint64_t low, std::uint64_t high) {
    return high > low ? high - low : std::uint64_t{0};
  };
  return {from(before.value, now.value), from(before.enabled_ns, now.enabled_ns),
          from(before.running_ns, now.running_ns)};
}

void add_to(EventCount& sum, const EventCount& count) {
  sum.value += count.value;
  sum.enabled_ns += count.enabled_ns;
  sum.running_ns += count.running_ns;
}

bool was_never_counted(const EventCount& count) {
  return count.running_ns == 0 && count.enabled_ns > 0;
}

double share_of_time(const EventCount& count) {
  if (count.running_ns >= count.enabled_ns) return 1;
  return static_cast<double>(count.running_ns) / static_cast<double>(count.enabled_ns);
}

/// An event that was counted for part of the time, times this, is what it had been for all of it.
double scale_of(const EventCount& count) {
  return was_never_counted(count) ? 0 : 1 / share_of_time(count);
}

}  // namespace

std::vector<std::vector<CountedEvent>> groups_that_fit(std::span<const CountedEvent> events,
                                                       CounterSource& source,
                                                       std::vector<std::string>& refused) {
  std::vector<std::vector<CountedEvent>> groups;
  std::vector<CountedEvent> group;
  for (const CountedEvent& event : events) {
    std::string why;
    // The kernel's own would wait for the hardware's counters in their group.
    const bool is_same_kind = group.empty() || group.front().code.type == event.code.type;
    group.push_back(event);
    if (is_same_kind && source.open(codes_of(group), why) != nullptr) continue;
    group.pop_back();
    std::vector<CountedEvent> alone{event};
    if (source.open(codes_of(alone), why) == nullptr) {
      refused.push_back(fmt::format("{}: {}", event.name, why));
      continue;
    }
    if (!group.empty()) groups.push_back(std::move(group));
    group = std::move(alone);
  }
  if (!group.empty()) groups.push_back(std::move(group));
  return groups;
}

OpCounter::OpCounter(std::span<const CountedEvent> events, CounterSource& source, Room room)
    : events_(events.begin(), events.end()),
      codes_(codes_of(events)),
      source_(source),
      room_(room),
      lanes_(room.threads) {}

OpCounter::Lane* OpCounter::lane_of(int worker) noexcept {
  if (!is_counting_ || worker < 0) return nullptr;
  const auto place = static_cast<std::size_t>(worker);
  if (place < lanes_.size()) return &lanes_[place];
  has_no_lane_.store(true, std::memory_order_relaxed);
  return nullptr;
}

bool OpCounter::make_ready(Lane& lane) {
  if (!lane.why.empty()) return false;
  if (lane.counters != nullptr && lane.thread == thread_here()) return true;
  // The first turn of a thread, or another thread in its place: a new team.
  lane.is_open = false;
  lane.thread = thread_here();
  lane.counters = source_.open(codes_, lane.why);
  if (lane.counters == nullptr) {
    if (lane.why.empty()) lane.why = "the counters could not be opened";
    return false;
  }
  lane.before.resize(codes_.size());
  lane.now.resize(codes_.size());
  lane.turns.reserve(room_.turns);
  lane.counted.reserve(room_.turns * codes_.size());
  return true;
}

bool OpCounter::read_now(Lane& lane) noexcept {
  try {
    if (!make_ready(lane)) return false;
    if (lane.counters->read(lane.now)) return true;
    lane.why = "the counters could not be read";
  } catch (const std::exception&) {
    lane.counters.reset();
    lane.why.assign("no memory");  // short enough to need none
  }
  return false;
}

void OpCounter::close(Lane& lane) noexcept {
  if (!std::exchange(lane.is_open, false)) return;
  if (lane.turns.size() == room_.turns) {
    lane.is_full = true;
    return;
  }
  lane.turns.push_back(lane.turn);  // there is room: nothing is allocated
  for (std::size_t i = 0; i < lane.now.size(); ++i) {
    lane.counted.push_back(difference(lane.before[i], lane.now[i]));
  }
}

void OpCounter::next(int worker, std::uint32_t source, std::uint32_t op) noexcept {
  Lane* const lane = lane_of(worker);
  if (lane == nullptr || !read_now(*lane)) return;
  close(*lane);
  lane->turn = {{source, op}, monotonic_ns()};
  lane->before.swap(lane->now);
  lane->is_open = true;
}

void OpCounter::stop(int worker) noexcept {
  Lane* const lane = lane_of(worker);
  if (lane == nullptr || !lane->is_open || !read_now(*lane)) return;
  close(*lane);
}

void OpCounter::add_lane(const Lane& lane, CountedPassOfOps& pass,
                         std::vector<EventCount>& all) const {
  const std::size_t width = events_.size();
  const auto count_at = [&](std::size_t turn, std::size_t event) -> const EventCount& {
    return lane.counted[turn * width + event];
  };
  // An op's turn is shorter than the time for which events share a counter: what they missed is
  // known of all its turns together.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<EventCount>> sums;
  const auto sum_of = [&](const Turn& turn) -> std::vector<EventCount>& {
    return sums[{turn.op.source, turn.op.op}];
  };
  for (std::size_t t = 0; t < lane.turns.size(); ++t) {
    auto& sum = sum_of(lane.turns[t]);
    sum.resize(width);
    for (std::size_t e = 0; e < width; ++e) {
      add_to(sum[e], count_at(t, e));
      add_to(all[e], count_at(t, e));
    }
  }
  std::vector<double> raw(width);
  for (std::size_t t = 0; t < lane.turns.size(); ++t) {
    const auto& sum = sum_of(lane.turns[t]);
    CountedRange range{lane.turns[t].op, lane.turns[t].begun_ns, {}};
    if (std::ranges::none_of(sum, was_never_counted)) {
      for (std::size_t e = 0; e < width; ++e) {
        raw[e] = static_cast<double>(count_at(t, e).value) * scale_of(sum[e]);
      }
      take_values(range, raw, pass.schedule);
    }
    pass.ranges.push_back(std::move(range));
  }
}

CountedPassOfOps OpCounter::take() {
  CountedPassOfOps pass;
  for (const CountedEvent& event : events_) {
    pass.schedule.metrics.push_back({event.name, event.name, event.factor});
  }
  std::int64_t last_ns = std::numeric_limits<std::int64_t>::max();
  std::vector<EventCount> all(events_.size());
  for (const Lane& lane : lanes_) {
    if (!lane.why.empty()) {
      pass.ranges.clear();
      pass.why = lane.why;
      return pass;
    }
    if (lane.turns.empty()) continue;
    ++pass.threads;
    if (lane.is_full) last_ns = std::min(last_ns, lane.turns.back().begun_ns);
    pass.is_cut = pass.is_cut || lane.is_full;
    add_lane(lane, pass, all);
  }
  std::erase_if(pass.ranges, [&](const CountedRange& range) { return range.begun_ns > last_ns; });
  std::ranges::stable_sort(pass.ranges, {}, &CountedRange::begun_ns);
  for (const EventCount& sum : all) {
    pass.shares.push_back(was_never_counted(sum) ? 0 : share_of_time(sum));
  }
  if (pass.threads == 0)
    pass.why =
        "the backend announces its ops on one thread alone, so that what its threads do cannot be "
        "told";
  if (has_no_lane_) pass.why = fmt::format("more than {} threads worked", lanes_.size());
  if (!pass.why.empty()) pass.ranges.clear();
  return pass;
}

}  // namespace ridgepoint

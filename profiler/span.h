// Spans: the one light way in which a backend announces what it is doing. Whoever executes a graph
// says which op begins; the clock is read once an op, because one op ends where the next begins:
// that of ticks.h, and what its ticks are in nanoseconds is put in when the chain of ops stops.
// When nobody listens, that is one predictable branch an op.
//
// Room is made before tracing. While tracing nothing is allocated, and spans without room are
// counted and dropped. Who listens is said explicitly, to each execution: nothing here is global.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "profiler/clock/ticks.h"

namespace ridgepoint {

/// One op at work, from begin to end in nanoseconds of monotonic_ns().
struct Span {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint32_t source = 0;  ///< who announced it: place in SpanRecorder::sources()
  std::uint32_t op = 0;      ///< which op: place in that source's op_ids
  bool operator==(const Span&) const = default;
};

/// Where the spans of what runs on a device come from, and so how it runs while somebody listens.
enum class DeviceSpans : std::uint8_t {
  by_execution,  ///< whoever executes times its ops, launched one by one
  by_listener,   ///< the listener puts them on the tracks after each pass; all runs as it does
                 ///< untraced
  none,          ///< nobody's: ops are launched one by one, for a listener that counts
};

/// Hears of the same ops on each thread of a team that computes them, from that thread: for what
/// can be read nowhere else, such as the counters of a core.
class WorkerListener {
 public:
  virtual ~WorkerListener() = default;
  /// The op begins on this thread, the team's number `worker` from 0 on; what began before ends.
  virtual void next(int worker, std::uint32_t source, std::uint32_t op) noexcept = 0;
  virtual void stop(int worker) noexcept = 0;
};

/// Hears of spans while they begin and end, for programs that watch this one run (nvtx/).
class SpanListener {
 public:
  virtual ~SpanListener() = default;
  virtual void begin(std::uint32_t source, std::uint32_t op) noexcept = 0;
  virtual void end() noexcept = 0;  ///< of the one that began last
  [[nodiscard]] virtual DeviceSpans device_spans() const noexcept {
    return DeviceSpans::by_execution;
  }
  /// Who is to hear of the ops on each thread; null: nobody.
  [[nodiscard]] virtual WorkerListener* workers() noexcept { return nullptr; }
};

/// Several who hear the same.
class SpanListeners : public SpanListener {
 public:
  /// Must outlive it.
  void add(SpanListener& listener) { all_.push_back(&listener); }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  void begin(std::uint32_t source, std::uint32_t op) noexcept override {
    for (SpanListener* each : all_) each->begin(source, op);
  }
  void end() noexcept override {
    for (SpanListener* each : all_) each->end();
  }
  /// What the first says that wants anything.
  [[nodiscard]] DeviceSpans device_spans() const noexcept override {
    for (const SpanListener* each : all_) {
      const DeviceSpans wanted = each->device_spans();
      if (wanted != DeviceSpans::by_execution) return wanted;
    }
    return DeviceSpans::by_execution;
  }
  /// The first of theirs.
  [[nodiscard]] WorkerListener* workers() noexcept override {
    for (SpanListener* each : all_) {
      if (WorkerListener* const found = each->workers()) return found;
    }
    return nullptr;
  }

 private:
  std::vector<SpanListener*> all_;
};

/// Spans of one line of execution, such as a thread or a device queue, in the order in which they
/// ended. One thread at a time writes; it is read when nothing writes.
class SpanTrack {
 public:
  SpanTrack(std::string name, std::size_t capacity) : name_(std::move(name)), room_(capacity) {}

  void add(const Span& span) noexcept {
    if (count_ == room_.size()) {
      ++dropped_;
      return;
    }
    room_[count_++] = span;
  }
  void clear() noexcept { count_ = dropped_ = 0; }
  /// Of the spans from place `first` on, whose times are ticks, makes nanoseconds.
  void settle(std::size_t first, const TickLine& line) noexcept {
    std::int64_t last_ticks = 0, last_ns = line.ns_at(0);
    for (std::size_t i = first; i < count_; ++i) {
      Span& span = room_[i];
      // Most begin where the one before ended.
      const std::int64_t begin_ns =
          span.begin_ns == last_ticks ? last_ns : line.ns_at(span.begin_ns);
      last_ticks = span.end_ns;
      last_ns = line.ns_at(last_ticks);
      span.begin_ns = begin_ns;
      span.end_ns = last_ns;
    }
  }
  /// Null: nobody but the track.
  void set_listener(SpanListener* listener) noexcept { listener_ = listener; }
  [[nodiscard]] SpanListener* listener() const noexcept { return listener_; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::span<const Span> spans() const { return {room_.data(), count_}; }
  /// Spans since the last clear() for which there was no room.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  std::string name_;
  std::vector<Span> room_;
  std::size_t count_ = 0, dropped_ = 0;
  SpanListener* listener_ = nullptr;
};

/// The spans of one pass, each beginning where the one before ends. Lives on the stack of whoever
/// executes: `next(op)` before each op; the last one ends with stop() or with the chain itself.
class SpanChain {
 public:
  /// `track` is null when nobody listens.
  SpanChain(SpanTrack* track, std::uint32_t source) noexcept
      : track_(track), source_(source), steady_(track != nullptr && ticks_are_steady()) {}
  ~SpanChain() { stop(); }
  SpanChain(const SpanChain&) = delete;
  SpanChain& operator=(const SpanChain&) = delete;

  [[nodiscard]] bool traced() const noexcept { return track_ != nullptr; }
  [[nodiscard]] std::uint32_t source() const noexcept { return source_; }
  /// Null when nobody listens on each thread.
  [[nodiscard]] WorkerListener* workers() const noexcept {
    return track_ == nullptr || track_->listener() == nullptr ? nullptr
                                                              : track_->listener()->workers();
  }

  void next(std::uint32_t op) noexcept {
    if (track_ == nullptr) [[likely]] {
      return;
    }
    if (op_ == kNone) [[unlikely]] {
      from_ = TickMoment::now(steady_);
      first_ = track_->spans().size();
      begin_ = from_.ticks;
    } else {
      // Never backwards, should the processor read the counter early.
      const std::int64_t now = std::max(read_ticks(steady_), begin_);
      close(now);
      begin_ = now;
    }
    op_ = op;
    if (track_->listener() != nullptr) [[unlikely]] {
      track_->listener()->begin(source_, op);
    }
  }

  /// What comes until the next op belongs to none.
  void stop() noexcept {
    if (track_ == nullptr || op_ == kNone) return;
    const TickMoment to = TickMoment::now(steady_);
    close(to.ticks);
    if (steady_) track_->settle(first_, TickLine(from_, to));
    op_ = kNone;
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  void close(std::int64_t end) noexcept {
    track_->add({begin_, end, source_, op_});
    if (track_->listener() != nullptr) [[unlikely]] {
      track_->listener()->end();
    }
  }

  SpanTrack* track_;
  std::uint32_t source_;
  bool steady_;  ///< times are ticks until the chain stops
  std::uint32_t op_ = kNone;
  std::int64_t begin_ = 0;
  std::size_t first_ = 0;  ///< place of its first span on the track
  TickMoment from_;
};

/// A pass as one thread of a team goes through it, beside the chain of the whole: `next(op)` on
/// that thread before its part of each op.
class WorkerChain {
 public:
  WorkerChain(const SpanChain& whole, int worker) noexcept
      : listener_(whole.workers()), source_(whole.source()), worker_(worker) {}
  ~WorkerChain() {
    if (listener_ != nullptr) listener_->stop(worker_);
  }
  WorkerChain(const WorkerChain&) = delete;
  WorkerChain& operator=(const WorkerChain&) = delete;

  void next(std::uint32_t op) noexcept {
    if (listener_ == nullptr) [[likely]] {
      return;
    }
    listener_->next(worker_, source_, op);
  }

 private:
  WorkerListener* listener_;
  std::uint32_t source_;
  int worker_;
};

}  // namespace ridgepoint

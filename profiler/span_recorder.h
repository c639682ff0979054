// SpanRecorder: who listens. It holds the tracks that spans are written to, and the names behind
// their numbers. Backends get it handed (Execution::trace) and register what they will announce;
// tracks and names are made then, so that a traced pass only writes into room that is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/span.h"

namespace ridgepoint {

/// The track on which executions announce the ops of their graphs. Executions of one session run
/// one after the other and share it; further tracks may show what worker threads or devices do.
inline constexpr std::string_view kOpsTrack = "ops";

/// Somebody who announces ops: usually one graph made ready.
struct SpanSource {
  std::string name;  ///< for people: which graph, for how many tokens
  std::vector<std::string> op_ids;
};

class SpanRecorder {
 public:
  /// Each track gets room for this many spans, 24 bytes each, touched at once.
  explicit SpanRecorder(std::size_t spans_per_track) : spans_per_track_(spans_per_track) {}
  SpanRecorder(const SpanRecorder&) = delete;
  SpanRecorder& operator=(const SpanRecorder&) = delete;

  /// Returns the number that its spans carry.
  std::uint32_t add_source(SpanSource source);
  /// The number of an op of a source, by its id; one that is new comes last.
  std::uint32_t op_number(std::uint32_t source, std::string_view op_id);
  /// The track of this name, made if there is none. It stays where it is as long as the recorder.
  SpanTrack& track(std::string_view name);

  [[nodiscard]] std::span<const SpanSource> sources() const { return sources_; }
  [[nodiscard]] const std::deque<SpanTrack>& tracks() const { return tracks_; }
  /// Null when nobody has asked for that track yet.
  [[nodiscard]] const SpanTrack* find_track(std::string_view name) const;

  /// Of every track, those that come included; null: nobody. It must outlive what is announced.
  void set_listener(SpanListener* listener);

  /// Forgets spans; tracks and sources stay.
  void clear();

 private:
  std::size_t spans_per_track_;
  std::vector<SpanSource> sources_;
  std::deque<SpanTrack> tracks_;
  SpanListener* listener_ = nullptr;
};

}  // namespace ridgepoint

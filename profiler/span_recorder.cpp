#include "profiler/span_recorder.h"

#include <algorithm>
#include <utility>

namespace ridgepoint {

std::uint32_t SpanRecorder::add_source(SpanSource source) {
  sources_.push_back(std::move(source));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::uint32_t SpanRecorder::op_number(std::uint32_t source, std::string_view op_id) {
  std::vector<std::string>& ids = sources_.at(source).op_ids;
  const auto found = std::ranges::find(ids, op_id);
  if (found != ids.end()) return static_cast<std::uint32_t>(found - ids.begin());
  ids.emplace_back(op_id);
  return static_cast<std::uint32_t>(ids.size() - 1);
}

SpanTrack& SpanRecorder::track(std::string_view name) {
  const auto found = std::ranges::find(tracks_, name, &SpanTrack::name);
  if (found != tracks_.end()) return *found;
  SpanTrack& added = tracks_.emplace_back(std::string(name), spans_per_track_);
  added.set_listener(listener_);
  return added;
}

const SpanTrack* SpanRecorder::find_track(std::string_view name) const {
  const auto found = std::ranges::find(tracks_, name, &SpanTrack::name);
  return found == tracks_.end() ? nullptr : &*found;
}

void SpanRecorder::set_listener(SpanListener* listener) {
  listener_ = listener;
  for (SpanTrack& each : tracks_) each.set_listener(listener);
}

void SpanRecorder::clear() {
  for (SpanTrack& each : tracks_) each.clear();
}

}  // namespace ridgepoint

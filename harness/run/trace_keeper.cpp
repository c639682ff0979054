#include "harness/run/trace_keeper.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ridgepoint {

void TraceKeeper::add_part(std::string name, std::int64_t pass, std::int64_t begin_ns,
                           std::int64_t end_ns) {
  trace_.parts.push_back({std::move(name), begin_ns, end_ns, pass});
}

void TraceKeeper::add_spans(const SpanRecorder& recorder) {
  for (const SpanTrack& track : recorder.tracks()) {
    auto line = std::ranges::find(trace_.lines, track.name(), &TracedLine::name);
    if (line == trace_.lines.end()) {
      trace_.lines.push_back({track.name(), {}, 0});
      line = std::prev(trace_.lines.end());
    }
    const auto spans = track.spans();
    const std::size_t kept = std::min(room_, spans.size());
    line->spans.insert(line->spans.end(), spans.begin(),
                       spans.begin() + static_cast<std::ptrdiff_t>(kept));
    line->dropped += static_cast<std::int64_t>(track.dropped() + spans.size() - kept);
    room_ -= kept;
  }
}

Trace TraceKeeper::finish(const SpanRecorder& recorder) && {
  trace_.sources.assign(recorder.sources().begin(), recorder.sources().end());
  return std::move(trace_);
}

}  // namespace ridgepoint

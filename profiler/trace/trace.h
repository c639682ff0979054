// Trace: spans of some passes with the names behind their numbers and what was around them, ready
// to be written in a form that other programs open (perfetto.h, chrome_json.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/span_recorder.h"

namespace ridgepoint {

/// A pass, or a part of one, that spans lie in.
struct TracedPart {
  std::string name;  ///< "prefill", "decode", "run"
  std::int64_t begin_ns = 0, end_ns = 0;
  std::int64_t pass = 0;  ///< parts of one pass follow from each other: a token from the one before
  bool operator==(const TracedPart&) const = default;
};

struct TracedLine {
  std::string name;  ///< of the SpanTrack
  std::vector<Span> spans;
  std::int64_t dropped = 0;  ///< spans that there was no room for
  bool operator==(const TracedLine&) const = default;
};

/// Classes of memory begin so: "memory: weights". Together they are what the process holds.
inline constexpr std::string_view kMemoryCounter = "memory: ";

/// Values over time, each until the next.
struct TracedCounter {
  std::string name, unit;
  struct Point {
    std::int64_t at_ns = 0;
    double value = 0;
    bool operator==(const Point&) const = default;
  };
  std::vector<Point> points;
  bool operator==(const TracedCounter&) const = default;
};

struct Trace {
  std::string title;  ///< what was run
  std::vector<SpanSource> sources;
  std::vector<TracedPart> parts;
  std::vector<TracedLine> lines;
  std::vector<TracedCounter> counters;
};

}  // namespace ridgepoint

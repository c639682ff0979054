// TraceKeeper: the spans of several traced passes as one trace, as far as there is room for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "profiler/trace/trace.h"

namespace ridgepoint {

class TraceKeeper {
 public:
  TraceKeeper(std::string title, std::size_t most_spans) : room_(most_spans) {
    trace_.title = std::move(title);
  }

  /// A part of pass `pass`, before its spans are added.
  void add_part(std::string name, std::int64_t pass, std::int64_t begin_ns, std::int64_t end_ns);
  /// Everything that the recorder holds; what there is no room for is counted as dropped.
  void add_spans(const SpanRecorder& recorder);

  /// With the names that `recorder` knows by now.
  Trace finish(const SpanRecorder& recorder) &&;

 private:
  std::size_t room_;
  Trace trace_;
};

}  // namespace ridgepoint

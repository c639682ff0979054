// TraceKeeper: the spans of several traced passes as one packed trace, as far as there is room for
// them. They are packed between passes, so that millions take little memory while more are traced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/memory_ledger.h"
#include "profiler/trace/trace.h"
#include "results/store/trace_packer.h"

namespace ridgepoint {

class TraceKeeper {
 public:
  TraceKeeper(std::string title, std::size_t most_spans)
      : room_(most_spans), packer_(std::move(title)) {}

  /// A part of pass `pass`, before its spans are added.
  void add_part(std::string name, std::int64_t pass, std::int64_t begin_ns, std::int64_t end_ns);
  /// Everything that the recorder holds; what there is no room for is counted as dropped.
  void add_spans(const SpanRecorder& recorder);

  /// What each class of memory holds from now on, and what else is resident; between passes only.
  void add_memory(std::int64_t at_ns, const MemoryLedger& ledger,
                  std::optional<std::int64_t> resident_bytes);

  /// With the names that `recorder` knows by now; as decode_trace (results/store/trace_codec.h)
  /// reads it.
  std::vector<std::byte> finish(const SpanRecorder& recorder) &&;

 private:
  void add_value(std::string_view memory_class, std::int64_t at_ns, std::int64_t bytes);

  std::size_t room_;
  TracePacker packer_;
  std::vector<TracedCounter> counters_;
};

}  // namespace ridgepoint

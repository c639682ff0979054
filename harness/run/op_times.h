// From the spans of traced passes to the time of each op: what it took in one pass of its phase,
// the median over passes. Whatever of a pass no op accounts for is a row of its own, so that the
// rows of a phase add up to its passes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/run/case_phases.h"
#include "profiler/span_recorder.h"
#include "results/record.h"

namespace ridgepoint {

class OpTimes {
 public:
  /// `with_work`: whether what the ops must do is told; not for a backend that computes nothing.
  OpTimes(std::vector<CasePhase> phases, bool with_work);

  /// A pass of the phase of this name took from `begin_ns` to `end_ns` of the monotonic clock; its
  /// spans are those on kOpsTrack that began therein. An op that runs several times in a pass (the
  /// pieces of a long prompt) counts with its sum. A phase that the case does not have, and a pass
  /// of which spans may have been dropped, are passed over.
  void add_pass(std::string_view phase, const SpanRecorder& recorder, std::int64_t begin_ns,
                std::int64_t end_ns);

  /// Phase by phase: the graph's ops in its order, then those that the graph does not know (a
  /// backend may do several ops as one; these have no work), then what is not attributed, whose
  /// `op_id` is empty and `op` kNotAttributed (results/op_family.h). Ops that were never announced
  /// are left out, and so are phases without any span.
  [[nodiscard]] std::vector<OpTime> rows() const;

 private:
  struct Row {
    OpTime row;
    std::vector<std::int64_t> times_ns;  ///< of each pass; shorter when it was not in the last ones
  };
  struct PhaseRows {
    CasePhase phase;
    std::vector<Row> ops;
    std::map<std::string, std::size_t, std::less<>> places;  ///< in ops, by op id
    /// In ops, by source and op of a span.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> known;
    std::vector<std::int64_t> not_attributed_ns;  ///< one a pass
    bool has_spans = false;
  };

  static Row row_of_fused(const PhaseRows& rows, const std::string& op_id);
  static std::size_t place_of(PhaseRows& rows, const SpanRecorder& recorder, const Span& span);

  std::vector<PhaseRows> phases_;
};

}  // namespace ridgepoint

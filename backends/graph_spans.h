// What an execution needs to announce the nodes of its graph: nothing happens until somebody
// listens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/span_recorder.h"
#include "workloads/graph/graph.h"

namespace ridgepoint {

class GraphSpans {
 public:
  /// Ops are numbered as the graph's nodes.
  explicit GraphSpans(const Graph& graph);
  /// Ops that a backend has put together itself (workloads/graph/fused_op_id.h).
  GraphSpans(const Graph& graph, std::vector<std::string> op_ids);

  /// To `recorder` from now on, or to nobody when it is null. See Execution::trace.
  void trace(SpanRecorder* recorder);

  /// For one run: next(n) before node n.
  [[nodiscard]] SpanChain chain() const noexcept { return {track_, number_}; }
  /// For spans that are known only afterwards: where they go, null when nobody listens, and the
  /// source that they carry.
  [[nodiscard]] SpanTrack* track() const noexcept { return track_; }
  [[nodiscard]] std::uint32_t source_number() const noexcept { return number_; }

 private:
  SpanSource source_;
  SpanTrack* track_ = nullptr;  ///< of the recorder; null: nobody listens
  std::uint32_t number_ = 0;    ///< of the source in the recorder
};

}  // namespace ridgepoint

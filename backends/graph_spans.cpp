#include "backends/graph_spans.h"

#include <fmt/format.h>

#include <utility>

namespace ridgepoint {

GraphSpans::GraphSpans(const Graph& graph) : GraphSpans(graph, {}) {
  source_.op_ids.reserve(graph.nodes().size());
  for (const Node& node : graph.nodes()) source_.op_ids.push_back(node.op_id);
}

GraphSpans::GraphSpans(const Graph& graph, std::vector<std::string> op_ids) {
  source_.name =
      fmt::format("{}, batch {}, tokens {}", graph.name(), graph.batch(), graph.tokens());
  source_.op_ids = std::move(op_ids);
}

void GraphSpans::trace(SpanRecorder* recorder) {
  if (recorder == nullptr) {
    track_ = nullptr;
    return;
  }
  number_ = recorder->add_source(source_);
  track_ = &recorder->track(kOpsTrack);
}

}  // namespace ridgepoint

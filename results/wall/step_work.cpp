#include "results/wall/step_work.h"

#include <algorithm>
#include <variant>

namespace ridgepoint {

StepWork step_work(const Graph& graph, std::int64_t past) {
  StepWork step{.rows = graph.batch() * graph.tokens(), .past = past};
  for (const Node& node : graph.nodes()) {
    const Work work = graph.work(node, past);
    step.weight_bytes += work.weight_bytes;
    step.kv_bytes += work.kv_bytes;
    if (std::holds_alternative<MatrixProduct>(node.op)) step.product_flops += work.flops;
    if (std::holds_alternative<Attention>(node.op)) step.attention_flops += work.flops;
  }
  return step;
}

std::vector<StepWork> prefill_work(const Model& model, const Phase& phase, std::int64_t tokens,
                                   std::int64_t depth, std::int64_t piece_rows) {
  const std::int64_t piece = std::max<std::int64_t>(piece_rows / phase.batch, 1);
  std::vector<StepWork> steps;
  for (std::int64_t done = 0; done < tokens; done += piece) {
    Phase part = phase;
    part.tokens = std::min(piece, tokens - done);
    part.logits = done + part.tokens < tokens ? LogitRows::none : LogitRows::last;
    steps.push_back(step_work(lower(model, part), depth + done));
  }
  return steps;
}

}  // namespace ridgepoint

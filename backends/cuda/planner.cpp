#include "backends/cuda/planner.h"

#include <fmt/format.h>

#include <array>
#include <type_traits>
#include <utility>

#include "backends/cuda/attention_plan.h"
#include "backends/cuda/plan_builder.h"

namespace ridgepoint::cuda {
namespace {

constexpr std::int64_t kMostBatch = 65535;  // a grid's third dimension

void plan_one(PlanBuilder& builder, std::size_t n) {
  std::visit(
      [&]<typename T>(const T&) {
        if constexpr (std::is_same_v<T, MatrixProduct>) {
          plan_product(builder, n);
        } else if constexpr (std::is_same_v<T, Attention>) {
          plan_attention(builder, n);
        } else if constexpr (std::is_same_v<T, Rope>) {
          plan_heads(builder, {n}, std::array{HeadsNodes{n, {}, builder.node(n).inputs[0]}});
        } else if constexpr (std::is_same_v<T, KvAppend>) {
          plan_heads(builder, {n}, std::array{HeadsNodes{{}, n, builder.node(n).inputs[0]}});
        } else if constexpr (std::is_same_v<T, Embedding> || std::is_same_v<T, PositionEmbedding> ||
                             std::is_same_v<T, SelectLast> || std::is_same_v<T, Sample>) {
          plan_lookups(builder, n);
        } else {
          plan_rows(builder, n);
        }
      },
      builder.node(n).op);
}

}  // namespace

Support supports_graph(const Graph& graph) {
  if (graph.batch() > kMostBatch) {
    return Support::no(
        fmt::format("a batch of {}; the kernels take at most {}", graph.batch(), kMostBatch));
  }
  for (const Node& node : graph.nodes()) {
    const auto* const attention = std::get_if<Attention>(&node.op);
    if (attention != nullptr && attention->head_dim > kMostHeadDim) {
      return Support::no(fmt::format("'{}' has heads of {}; the kernels take at most {}",
                                     node.op_id, attention->head_dim, kMostHeadDim));
    }
  }
  return Support::yes();
}

DevicePlan plan_device(const Graph& graph, const WeightMap& weights, const PlanOptions& options) {
  PlanBuilder builder(graph, weights, options);
  const std::size_t count = graph.nodes().size();
  for (std::size_t n = 0; n < count;) {
    const std::size_t fused = options.fuse ? plan_fused(builder, n) : 0;
    if (fused == 0) plan_one(builder, n);
    n += fused == 0 ? 1 : fused;
  }
  return std::move(builder.plan);
}

}  // namespace ridgepoint::cuda

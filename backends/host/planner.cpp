#include "backends/host/planner.h"

#include <array>
#include <type_traits>
#include <utility>

#include "backends/host/plan_builder.h"

namespace ridgepoint {
namespace {

void plan_alone(PlanBuilder& builder, std::size_t n) {
  std::visit(
      [&]<typename T>(const T&) {
        if constexpr (std::is_same_v<T, MatrixProduct>) {
          plan_products(builder, std::array{n});
        } else if constexpr (std::is_same_v<T, Attention>) {
          plan_attention(builder, n);
        } else if constexpr (std::is_same_v<T, KvAppend>) {
          plan_kv_append(builder, n);
        } else if constexpr (std::is_same_v<T, Rope>) {
          plan_rope(builder, n);
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

HostPlan plan_host(const Graph& graph, const WeightMap& weights, const PlanOptions& options) {
  PlanBuilder builder(graph, weights, options);
  const std::size_t count = graph.nodes().size();
  for (std::size_t n = 0; n < count;) {
    const std::size_t fused = options.fuse ? plan_fused(builder, n) : 0;
    if (fused == 0) plan_alone(builder, n);
    n += fused == 0 ? 1 : fused;
  }
  return std::move(builder.plan);
}

}  // namespace ridgepoint

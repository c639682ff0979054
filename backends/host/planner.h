// Planner: from a graph to the stages that compute it. With fusing on, neighbouring nodes become
// one stage where that saves a meeting or a trip through memory; a fused stage is
// announced by the ids of all its nodes (workloads/graph/fused_op_id.h):
//   norm -> products of it            normalised rows are quantised at once
//   product -> bias, residual add     added while the product is stored
//   gate, up -> SiLU gate             each thread gates the columns that it has just computed
//   q, k, v -> rotary -> cache        three products in one stage, then rotation and caching in one
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "backends/activation_plan.h"
#include "backends/backend.h"
#include "backends/host/head_caches.h"
#include "backends/host/kernels.h"
#include "backends/host/stage.h"
#include "backends/host/tiled_weights.h"

namespace ridgepoint {

/// A plan, and what it keeps alive.
struct HostPlan {
  std::vector<Stage> stages;
  /// Run on the calling thread before anything else; throw Error for inputs that cannot be.
  std::vector<std::function<void(std::int64_t past)>> checks;
  std::vector<Place> places;  ///< by ValueId
  std::vector<AlignedBuffer> ends;
  std::vector<std::shared_ptr<const void>> kept;
  std::size_t activation_bytes = 0, activation_live_bytes = 0, scratch_bytes = 0;
  bool has_caches = false;
  MemoryLedger own;  ///< without workspace
};

struct PlanOptions {
  const host::Kernels* kernels = nullptr;
  ReadWalk walk = walk_of_this_cpu();
  WorkerTeam* team = nullptr;
  HostCache* cache = nullptr;
  TiledWeightStore* tiled = nullptr;
  bool fuse = true;
  Allocation allocation = Allocation::arena;
  std::string_view backend;    ///< for errors
  WeightFeed* feed = nullptr;  ///< see PrepareOptions::feed
};

/// `graph` and `weights` must outlive what the plan is used for. Error when a weight is missing.
HostPlan plan_host(const Graph& graph, const WeightMap& weights, const PlanOptions& options);

}  // namespace ridgepoint

// Planner: from a graph to launches on a device. Everything that a launch is told is fixed when the
// plan is made, so that the launches of a plan can be recorded; only `past` changes, in device
// memory. With fusing on, neighbouring nodes become one stage where that saves launches or trips
// through memory, announced by the ids of all its nodes (workloads/graph/fused_op_id.h):
//   product -> bias, residual add     added while the product is stored
//   gate, up -> SiLU gate             one launch where the rows are few and the next product takes
//   them as they are, else both products in one and the gate in another
//   q, k, v -> rotary -> cache        three products in one launch, then rotation and caching in
//   one
// and norms and gates pack their rows for the product that follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "backends/backend.h"
#include "backends/cuda/arena.h"
#include "backends/cuda/device_cache.h"
#include "backends/cuda/weight_store.h"
#include "workloads/graph/graph.h"

namespace ridgepoint::cuda {

/// What stands for some nodes of the graph: one op to those who listen.
struct Stage {
  std::vector<std::size_t> nodes;
  std::vector<std::function<void()>> launches;
};

/// A plan, and what it keeps alive.
struct DevicePlan {
  std::vector<Stage> stages;
  /// Run on the calling thread before anything else; throw Error for inputs that cannot be.
  std::vector<std::function<void(std::int64_t past)>> checks;
  /// Then these: what a run needs uploaded.
  std::vector<std::function<void(std::int64_t past)>> uploads;
  std::vector<std::byte*> places;  ///< by ValueId
  /// By ValueId, of inputs: what was written last, for checks.
  std::vector<std::shared_ptr<std::vector<std::byte>>> written;
  std::list<DeviceBytes> memory;
  std::vector<std::shared_ptr<const void>> kept;
  DeviceBytes past;
  MemoryLedger ledger;
  bool has_caches = false;
};

struct PlanOptions {
  std::shared_ptr<Arena> arena;
  WeightStore* weights = nullptr;
  std::shared_ptr<EventTimes> event_times = nullptr;  ///< gets runs that events timed; null: nobody
  DeviceCache* cache = nullptr;
  bool fuse = true;
  bool tf32 = false;  ///< products of many rows with f32 weights by tensor cores
  /// Products of many rows with weights of eight bits and one scale a row by tensor cores of these
  /// types, where the device has them; else in f16.
  bool eight_bits = true;
  Allocation allocation = Allocation::arena;
};

/// Whether this backend has kernels for every node; shapes that they do not take are named.
Support supports_graph(const Graph& graph);

/// `graph` and `weights` must outlive what the plan is used for. Error when a weight is missing.
DevicePlan plan_device(const Graph& graph, const WeightMap& weights, const PlanOptions& options);

}  // namespace ridgepoint::cuda

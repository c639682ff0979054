// A graph made ready for the host backends: stages that a team of threads works through together.
#pragma once

#include <memory>

#include "backends/backend.h"
#include "backends/graph_spans.h"
#include "backends/host/planner.h"
#include "backends/weight_groups.h"

namespace ridgepoint {

class HostExecution : public Execution {
 public:
  /// `cache` may be null when the graph has no cache values. `weights` must outlive it.
  HostExecution(const Graph& graph, const WeightMap& weights, const PlanOptions& options,
                std::shared_ptr<HostCache> cache, std::shared_ptr<WorkerTeam> team);

  void write_input(ValueId id, std::span<const std::byte> bytes) override;
  /// Works through the whole graph before it returns. Error for a token or position outside its
  /// table; std::logic_error when past + tokens exceed the cache.
  void run(std::int64_t past) override;
  void synchronise() override {}
  void read_output(ValueId id, std::span<std::byte> bytes) const override;
  [[nodiscard]] MemoryLedger memory() const override;
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;

 private:
  [[nodiscard]] std::span<std::byte> end(ValueId id, Role role, std::size_t size) const;

  Graph graph_;
  std::shared_ptr<HostCache> cache_;
  std::shared_ptr<WorkerTeam> team_;
  std::shared_ptr<HostWorkspace> workspace_;
  HostPlan plan_;
  GraphSpans spans_;                     ///< of the plan's stages, those of the same nodes as one
  std::vector<std::uint32_t> span_ops_;  ///< by stage
  WeightGroups groups_;                  ///< by stage
};

}  // namespace ridgepoint

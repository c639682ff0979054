// A graph made ready for the reference backend: every value bound to bytes, every node to its
// loops.
#pragma once

#include <memory>
#include <vector>

#include "backends/aligned_buffer.h"
#include "backends/backend.h"
#include "backends/graph_spans.h"
#include "backends/reference/call.h"
#include "backends/reference/reference_cache.h"
#include "backends/reference/thread_pool.h"
#include "backends/weight_groups.h"

namespace ridgepoint {

class ReferenceExecution : public Execution {
 public:
  /// `cache` may be null when the graph has no cache values. `weights` are used where they lie.
  ReferenceExecution(const Graph& graph, const WeightMap& weights,
                     std::shared_ptr<ReferenceCache> cache, std::shared_ptr<ThreadPool> pool,
                     Allocation allocation, WeightFeed* feed, bool rounds);

  void write_input(ValueId id, std::span<const std::byte> bytes) override;
  /// Works through the whole graph before it returns. Error for a token or position outside its
  /// table; std::logic_error when past + tokens exceed the cache.
  void run(std::int64_t past) override;
  void synchronise() override {}
  void read_output(ValueId id, std::span<std::byte> bytes) const override;
  [[nodiscard]] MemoryLedger memory() const override;
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;

 private:
  void bind_ends(const WeightMap& weights);
  [[nodiscard]] Call make_call(const Node& node) const;
  [[nodiscard]] std::byte* bytes_behind(ValueId id) const;
  [[nodiscard]] std::span<std::byte> end(ValueId id, Role role, std::size_t size) const;

  Graph graph_;
  GraphSpans spans_;
  std::shared_ptr<ReferenceCache> cache_;
  std::shared_ptr<ThreadPool> pool_;
  std::shared_ptr<Workspace> workspace_;
  std::vector<std::size_t> offsets_;  // of activations in the workspace, by ValueId
  std::vector<std::byte*> fixed_;     // bytes of everything else, by ValueId
  std::vector<AlignedBuffer> ends_;   // inputs and outputs
  std::vector<Call> calls_;           // one a node
  std::size_t scratch_per_thread_ = 0;
  bool has_caches_ = false;
  bool rounds_ = false;
  WeightGroups groups_;  // by node
  MemoryLedger own_;     // without what the workspace holds
};

}  // namespace ridgepoint

#include "backends/host/host_execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "workloads/graph/fused_op_id.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

PlanOptions with_ends(PlanOptions options, WorkerTeam* team, HostCache* cache) {
  options.team = team;
  options.cache = cache;
  return options;
}

/// Which op each stage belongs to: neighbours that stand for the same nodes are one.
std::vector<std::uint32_t> ops_by_stage(std::span<const Stage> stages) {
  std::vector<std::uint32_t> ops;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const bool same = i > 0 && stages[i].nodes == stages[i - 1].nodes;
    ops.push_back(ops.empty() ? 0 : ops.back() + (same ? 0 : 1));
  }
  return ops;
}

std::vector<std::vector<std::size_t>> nodes_of_stages(std::span<const Stage> stages) {
  std::vector<std::vector<std::size_t>> nodes;
  for (const Stage& stage : stages) nodes.push_back(stage.nodes);
  return nodes;
}

std::vector<std::string> op_ids_of_stages(const Graph& graph, std::span<const Stage> stages) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (i > 0 && stages[i].nodes == stages[i - 1].nodes) continue;
    std::vector<std::string> members;
    for (const std::size_t node : stages[i].nodes) members.push_back(graph.nodes()[node].op_id);
    ids.push_back(fused_op_id(members));
  }
  return ids;
}

}  // namespace

HostExecution::HostExecution(const Graph& graph, const WeightMap& weights,
                             const PlanOptions& options, std::shared_ptr<HostCache> cache,
                             std::shared_ptr<WorkerTeam> team)
    : graph_(graph),
      cache_(std::move(cache)),
      team_(std::move(team)),
      workspace_(cache_ ? cache_->workspace() : std::make_shared<HostWorkspace>()),
      plan_(plan_host(graph_, weights, with_ends(options, team_.get(), cache_.get()))),
      spans_(graph_, op_ids_of_stages(graph_, plan_.stages)),
      span_ops_(ops_by_stage(plan_.stages)),
      groups_(groups_of_steps(graph_, nodes_of_stages(plan_.stages), options.feed)) {
  workspace_->activations.reserve(plan_.activation_bytes);
  workspace_->live_bytes = std::max(workspace_->live_bytes, plan_.activation_live_bytes);
  workspace_->scratch.reserve(plan_.scratch_bytes);
}

std::span<std::byte> HostExecution::end(ValueId id, Role role, std::size_t size) const {
  const Value& value = graph_.value(id);
  if (value.role != role || static_cast<std::size_t>(bytes_of(value)) != size) {
    throw std::logic_error(
        fmt::format("HostExecution: '{}' is no such input or output, or {} bytes are not its size",
                    value.name, size));
  }
  return {plan_.places[id].fixed, size};
}

void HostExecution::write_input(ValueId id, std::span<const std::byte> bytes) {
  std::ranges::copy(bytes, end(id, Role::input, bytes.size()).begin());
}

void HostExecution::read_output(ValueId id, std::span<std::byte> bytes) const {
  std::ranges::copy(end(id, Role::output, bytes.size()), bytes.begin());
}

void HostExecution::run(std::int64_t past) {
  if (past < 0 || (plan_.has_caches && past + graph_.tokens() > graph_.capacity())) {
    throw std::logic_error(fmt::format("HostExecution: {} tokens after {} exceed a cache of {}",
                                       graph_.tokens(), past, graph_.capacity()));
  }
  for (const auto& check : plan_.checks) check(past);
  SpanChain spans = spans_.chain();
  team_->run([&](int part) {
    const Frame frame{.activations = workspace_->activations.data(),
                      .scratch = workspace_->scratch.data(),
                      .past = past,
                      .part = part,
                      .parts = team_->threads(),
                      .team = team_.get()};
    WorkerChain own(spans, part);
    for (std::size_t i = 0; i < plan_.stages.size(); ++i) {
      if (i == 0 || span_ops_[i] != span_ops_[i - 1]) {
        if (part == 0) spans.next(span_ops_[i]);
        own.next(span_ops_[i]);
      }
      if (groups_.changes_at(i)) {
        if (part == 0) groups_.come_to(i);
        frame.meet();
      }
      plan_.stages[i].work(frame);
      frame.meet();
    }
  });
  groups_.leave();
}

Support HostExecution::trace(SpanRecorder* recorder) {
  spans_.trace(recorder);
  return Support::yes();
}

MemoryLedger HostExecution::memory() const {
  MemoryLedger ledger = plan_.own;
  ledger.activations_bytes += static_cast<std::int64_t>(workspace_->activations.size());
  ledger.activations_live_bytes += static_cast<std::int64_t>(workspace_->live_bytes);
  ledger.scratch_bytes += static_cast<std::int64_t>(workspace_->scratch.size());
  return ledger;
}

}  // namespace ridgepoint

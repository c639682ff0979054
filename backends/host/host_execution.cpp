#include "backends/host/host_execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "workloads/ops/operands.h"

namespace ridgepoint {

HostExecution::HostExecution(const Graph& graph, const WeightMap& weights, PlanOptions options,
                             std::shared_ptr<HostCache> cache, std::shared_ptr<WorkerTeam> team)
    : graph_(graph),
      spans_(graph),
      cache_(std::move(cache)),
      team_(std::move(team)),
      workspace_(cache_ ? cache_->workspace() : std::make_shared<HostWorkspace>()) {
  options.team = team_.get();
  options.cache = cache_.get();
  plan_ = plan_host(graph_, weights, options);
  workspace_->activations.reserve(plan_.activation_bytes);
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
    bool first = true;
    std::uint32_t node = 0;
    for (const Stage& stage : plan_.stages) {
      if (part == 0 && (first || stage.node != node)) spans.next(stage.node);
      first = false;
      node = stage.node;
      stage.work(frame);
      frame.meet();
    }
  });
}

Support HostExecution::trace(SpanRecorder* recorder) {
  spans_.trace(recorder);
  return Support::yes();
}

MemoryLedger HostExecution::memory() const {
  MemoryLedger ledger = plan_.own;
  ledger.activations_bytes += static_cast<std::int64_t>(workspace_->activations.size());
  ledger.scratch_bytes += static_cast<std::int64_t>(workspace_->scratch.size());
  return ledger;
}

}  // namespace ridgepoint

#include "backends/reference/reference_execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "backends/activation_plan.h"
#include "backends/reference/operators.h"
#include "workloads/error.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {

ReferenceExecution::ReferenceExecution(const Graph& graph, const WeightMap& weights,
                                       std::shared_ptr<ReferenceCache> cache,
                                       std::shared_ptr<ThreadPool> pool, Allocation allocation,
                                       WeightFeed* feed, bool rounds)
    : graph_(graph),
      spans_(graph),
      cache_(std::move(cache)),
      pool_(std::move(pool)),
      workspace_(cache_ ? cache_->workspace() : std::make_shared<Workspace>()),
      rounds_(rounds) {
  bind_ends(weights);
  groups_ = groups_of_nodes(graph_, feed);
  ActivationPlan plan = plan_activations(graph_, allocation);
  offsets_ = std::move(plan.offsets);
  calls_.reserve(graph_.nodes().size());
  for (const Node& node : graph_.nodes()) {
    calls_.push_back(make_call(node));
    scratch_per_thread_ =
        std::max(scratch_per_thread_, reference::scratch_bytes(node.op, calls_.back()));
  }
  workspace_->activations.reserve(plan.bytes);
  workspace_->live_bytes = std::max(workspace_->live_bytes, plan.live_bytes);
  workspace_->scratch.reserve(scratch_per_thread_ * static_cast<std::size_t>(pool_->threads()));
}

void ReferenceExecution::bind_ends(const WeightMap& weights) {
  fixed_.assign(graph_.values().size(), nullptr);
  for (ValueId id = 0; id < graph_.values().size(); ++id) {
    const Value& value = graph_.value(id);
    const std::int64_t size = bytes_of(value);
    switch (value.role) {
      case Role::weight: {
        const auto found = weights.find(value.name);
        if (found == weights.end() || found->second.type != value.type ||
            found->second.shape != value.shape ||
            found->second.bytes.size() != static_cast<std::size_t>(size)) {
          throw Error(
              fmt::format("backend 'reference': the weight '{}' ({} {}) is missing or of "
                          "another type or shape",
                          value.name, ridgepoint::name_of(value.type), to_string(value.shape)));
        }
        // Operands are one type for reading and writing; no operator writes to a weight.
        fixed_[id] = const_cast<std::byte*>(found->second.bytes.data());
        own_.weights_bytes += size;
        break;
      }
      case Role::cache:
        if (!cache_) throw std::logic_error("ReferenceExecution: the graph needs a cache");
        fixed_[id] = cache_->find(graph_.value(graph_.storage(id)));
        has_caches_ = true;
        break;
      case Role::input:
      case Role::output:
        ends_.emplace_back(static_cast<std::size_t>(size));
        fixed_[id] = ends_.back().data();
        own_.activations_bytes += size;
        own_.activations_live_bytes += size;
        break;
      case Role::activation:
        break;
    }
  }
  if (cache_) own_.kv_bytes = cache_->bytes();
}

Call ReferenceExecution::make_call(const Node& node) const {
  const auto operand = [&](ValueId id) {
    const Value& value = graph_.value(id);
    return Operand{value.type, value.shape, fixed_[id]};
  };
  Call call;
  for (const ValueId input : node.inputs) call.inputs.push_back(operand(input));
  call.output = operand(node.output);
  call.step = {.batch = graph_.batch(), .tokens = graph_.tokens(), .past = 0};
  call.rounds = rounds_;
  call.pool = pool_.get();
  return call;
}

std::byte* ReferenceExecution::bytes_behind(ValueId id) const {
  // The workspace moves when another execution that shares it needs a larger one.
  return offsets_[id] == ActivationPlan::kNone ? fixed_[id]
                                               : workspace_->activations.data() + offsets_[id];
}

std::span<std::byte> ReferenceExecution::end(ValueId id, Role role, std::size_t size) const {
  const Value& value = graph_.value(id);
  if (value.role != role || static_cast<std::size_t>(bytes_of(value)) != size) {
    throw std::logic_error(
        fmt::format("ReferenceExecution: '{}' is no such input or output, or "
                    "{} bytes are not its size",
                    value.name, size));
  }
  return {fixed_[id], size};
}

void ReferenceExecution::write_input(ValueId id, std::span<const std::byte> bytes) {
  std::ranges::copy(bytes, end(id, Role::input, bytes.size()).begin());
}

void ReferenceExecution::read_output(ValueId id, std::span<std::byte> bytes) const {
  std::ranges::copy(end(id, Role::output, bytes.size()), bytes.begin());
}

void ReferenceExecution::run(std::int64_t past) {
  if (past < 0 || (has_caches_ && past + graph_.tokens() > graph_.capacity())) {
    throw std::logic_error(
        fmt::format("ReferenceExecution: {} tokens after {} exceed a cache of {}", graph_.tokens(),
                    past, graph_.capacity()));
  }
  const auto nodes = graph_.nodes();
  SpanChain spans = spans_.chain();
  WorkerListener* const workers = spans.workers();
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const auto op = static_cast<std::uint32_t>(n);
    spans.next(op);
    // Between ops its threads sleep.
    if (workers != nullptr) {
      pool_->run([&](int part, int) { workers->next(part, spans.source(), op); });
    }
    groups_.come_to(n);
    Call& call = calls_[n];
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      call.inputs[i].data = bytes_behind(nodes[n].inputs[i]);
    }
    call.output.data = bytes_behind(nodes[n].output);
    call.step.past = past;
    call.all_scratch = workspace_->scratch.bytes();
    call.scratch_per_thread = scratch_per_thread_;
    reference::run(nodes[n].op, call);
  }
  if (workers != nullptr) pool_->run([&](int part, int) { workers->stop(part); });
  groups_.leave();
}

Support ReferenceExecution::trace(SpanRecorder* recorder) {
  spans_.trace(recorder);
  return Support::yes();
}

MemoryLedger ReferenceExecution::memory() const {
  MemoryLedger ledger = own_;
  ledger.activations_bytes += static_cast<std::int64_t>(workspace_->activations.size());
  ledger.activations_live_bytes += static_cast<std::int64_t>(workspace_->live_bytes);
  ledger.scratch_bytes += static_cast<std::int64_t>(workspace_->scratch.size());
  return ledger;
}

}  // namespace ridgepoint

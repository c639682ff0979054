#include "backends/host/plan_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "workloads/error.h"
#include "workloads/ops/operands.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

std::size_t to_whole_lines(std::size_t size) {
  constexpr std::size_t kLine = AlignedBuffer::kAlignment;
  return (size + kLine - 1) / kLine * kLine;
}

std::int64_t blocks_of(std::int64_t length) {
  return (length + host::kBlock - 1) / host::kBlock;
}

}  // namespace

PlanBuilder::PlanBuilder(const Graph& the_graph, const WeightMap& weights,
                         const PlanOptions& the_options)
    : graph(the_graph),
      options(the_options),
      patterns(the_graph),
      kernels(*the_options.kernels),
      weights_(weights) {
  place_values(weights);
}

void PlanBuilder::place_values(const WeightMap& weights) {
  const ActivationPlan activations = plan_activations(graph, options.allocation);
  plan.activation_bytes = activations.bytes;
  plan.activation_live_bytes = activations.live_bytes;
  plan.places.resize(graph.values().size());
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& each = graph.value(id);
    switch (each.role) {
      case Role::weight:
        check_weight(weights, each);
        plan.own.weights_bytes += bytes_of(each);
        break;
      case Role::cache:
        if (options.cache == nullptr) throw std::logic_error("host: the graph needs a cache");
        plan.has_caches = true;
        break;
      case Role::input:
      case Role::output: {
        const auto size = static_cast<std::size_t>(bytes_of(each));
        plan.ends.emplace_back(size);
        plan.places[id].fixed = plan.ends.back().data();
        plan.own.activations_bytes += static_cast<std::int64_t>(size);
        plan.own.activations_live_bytes += static_cast<std::int64_t>(size);
        break;
      }
      case Role::activation:
        if (activations.offsets[id] != ActivationPlan::kNone) {
          plan.places[id].offset = activations.offsets[id];
        }
        break;
    }
  }
  if (options.cache != nullptr) plan.own.kv_bytes = options.cache->bytes();
}

void PlanBuilder::check_weight(const WeightMap& weights, const Value& value) const {
  const auto found = weights.find(value.name);
  if (found == weights.end() || found->second.type != value.type ||
      found->second.shape != value.shape ||
      found->second.bytes.size() != static_cast<std::size_t>(bytes_of(value))) {
    throw Error(fmt::format(
        "backend '{}': the weight '{}' ({} {}) is missing or of another type or shape",
        options.backend, value.name, ridgepoint::name_of(value.type), to_string(value.shape)));
  }
}

std::int64_t PlanBuilder::rows(ValueId id) const {
  return element_count(value(id).shape) / value(id).shape.back();
}

const TensorView& PlanBuilder::weight(ValueId id) const {
  return weights_.find(value(id).name)->second;
}

const CacheBytes& PlanBuilder::cache(ValueId id) const {
  return options.cache->find(value(graph.storage(id)));
}

const float* PlanBuilder::floats_of(ValueId id) {
  const TensorView& view = weight(id);
  auto floats =
      std::make_shared<std::vector<float>>(static_cast<std::size_t>(element_count(view.shape)));
  to_float(view.type, view.bytes, *floats);
  const float* const data = floats->data();
  plan.kept.push_back(std::move(floats));
  return data;
}

std::size_t PlanBuilder::take_scratch(std::size_t bytes) {
  const std::size_t at = plan.scratch_bytes;
  plan.scratch_bytes += to_whole_lines(bytes);
  return at;
}

std::size_t PlanBuilder::shared_scratch(Shared which, std::size_t bytes) {
  const auto key = std::pair(which, bytes);
  if (const auto found = shared_.find(key); found != shared_.end()) return found->second;
  return shared_.emplace(key, take_scratch(bytes)).first->second;
}

std::size_t PlanBuilder::quantised_bytes(ValueId input) const {
  const auto blocks = static_cast<std::size_t>(rows(input) * blocks_of(length(input)));
  return to_whole_lines(blocks * host::kBlock) + to_whole_lines(blocks * sizeof(float)) +
         to_whole_lines(2 * blocks * sizeof(std::int32_t));
}

QuantisedPlace PlanBuilder::quantised_place(ValueId input) {
  if (quantised_room_ == 0) {
    for (const Node& each : graph.nodes()) {
      if (!std::holds_alternative<MatrixProduct>(each.op)) continue;
      quantised_room_ = std::max(quantised_room_, quantised_bytes(each.inputs[0]));
    }
    quantised_ = take_scratch(quantised_room_);
  }
  const auto blocks = static_cast<std::size_t>(rows(input) * blocks_of(length(input)));
  const std::size_t scales = quantised_ + to_whole_lines(blocks * host::kBlock);
  return {.codes = quantised_,
          .scales = scales,
          .sums = scales + to_whole_lines(blocks * sizeof(float)),
          .blocks = blocks_of(length(input))};
}

void PlanBuilder::add_stage(std::vector<std::size_t> nodes,
                            std::function<void(const Frame&)> work) {
  plan.stages.push_back({std::move(nodes), std::move(work)});
}

}  // namespace ridgepoint

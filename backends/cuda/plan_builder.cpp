#include "backends/cuda/plan_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "backends/activation_plan.h"
#include "backends/cuda/product_plan.h"
#include "workloads/error.h"
#include "workloads/ops/operands.h"

namespace ridgepoint::cuda {
namespace {

constexpr std::int64_t kTileBytes = std::int64_t{64} << 20U;  // of decoded weights

std::size_t aligned(std::size_t bytes) {
  return (bytes + Arena::kAlignment - 1) / Arena::kAlignment * Arena::kAlignment;
}

/// Room for rows packed in whichever way needs most: floats, or codes with scales and sums.
std::size_t packed_bytes(std::int64_t rows, std::int64_t units) {
  return aligned(static_cast<std::size_t>(rows * units * kUnit) * sizeof(float)) +
         2 * aligned(static_cast<std::size_t>(rows * units) * sizeof(float));
}

}  // namespace

PlanBuilder::PlanBuilder(const Graph& the_graph, const WeightMap& weights,
                         const PlanOptions& the_options)
    : graph(the_graph), options(the_options), patterns(the_graph), weights_(weights) {
  place_values();
  std::size_t packed = 0;
  for (const Node& each : graph.nodes()) {
    if (!std::holds_alternative<MatrixProduct>(each.op)) continue;
    packed = std::max(
        packed, packed_bytes(rows(each.inputs[0]), whole_parts(length(each.inputs[0]), kUnit)));
  }
  if (packed > 0) {
    static_cast<void>(take(packed));
    packed_room_ = &plan.memory.back();
  }
}

void PlanBuilder::place_values() {
  const ActivationPlan activations = plan_activations(graph, options.allocation);
  plan.places.assign(graph.values().size(), nullptr);
  plan.written.resize(graph.values().size());
  std::byte* base = nullptr;
  const auto take_activation = [&](std::size_t bytes) {
    plan.memory.push_back(options.arena->take(bytes, MemoryClass::activations));
    plan.ledger.activations_bytes += plan.memory.back().bytes();
    return plan.memory.back().data();
  };
  plan.ledger.activations_live_bytes += static_cast<std::int64_t>(activations.live_bytes);
  if (activations.bytes > 0) base = take_activation(activations.bytes);
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& each = graph.value(id);
    switch (each.role) {
      case Role::weight:
        static_cast<void>(weight(id));
        break;
      case Role::cache:
        if (options.cache == nullptr) throw std::logic_error("cuda: the graph needs a cache");
        plan.has_caches = true;
        break;
      case Role::input:
        plan.written[id] =
            std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(bytes_of(each)));
        [[fallthrough]];
      case Role::output:
        plan.places[id] = take_activation(static_cast<std::size_t>(bytes_of(each)));
        plan.ledger.activations_live_bytes += bytes_of(each);  // from the first op to the last
        break;
      case Role::activation:
        if (activations.offsets[id] != ActivationPlan::kNone) {
          plan.places[id] = base + activations.offsets[id];
        }
        break;
    }
  }
  if (options.cache != nullptr) plan.ledger.kv_bytes = options.cache->bytes();
  plan.past = options.arena->take(sizeof(std::int64_t), MemoryClass::scratch);
  plan.ledger.scratch_bytes += plan.past.bytes();
}

const TensorView& PlanBuilder::weight(ValueId id) const {
  const Value& wanted = value(id);
  const auto found = weights_.find(wanted.name);
  if (found == weights_.end() || found->second.type != wanted.type ||
      found->second.shape != wanted.shape ||
      found->second.bytes.size() != static_cast<std::size_t>(bytes_of(wanted))) {
    throw Error(fmt::format(
        "backend 'cuda': the weight '{}' ({} {}) is missing or of another type or shape",
        wanted.name, ridgepoint::name_of(wanted.type), to_string(wanted.shape)));
  }
  return found->second;
}

void PlanBuilder::note_weight(const void* memory, std::int64_t bytes) {
  if (counted_.insert(memory).second) plan.ledger.weights_bytes += bytes;
}

std::int64_t PlanBuilder::rows(ValueId id) const {
  return element_count(value(id).shape) / value(id).shape.back();
}

const Matrix& PlanBuilder::matrix(ValueId id) {
  auto there = options.weights->matrix(weight(id));
  note_weight(there->memory.data(), there->memory.bytes());
  const Matrix& found = there->matrix;
  plan.kept.push_back(std::move(there));
  return found;
}

const float* PlanBuilder::vector(ValueId id) {
  auto there = options.weights->vector(weight(id));
  note_weight(there->memory.data(), there->memory.bytes());
  const float* const found = there->data();
  plan.kept.push_back(std::move(there));
  return found;
}

const HeadCache& PlanBuilder::cache(ValueId id) const {
  return options.cache->find(value(graph.storage(id)));
}

std::byte* PlanBuilder::take(std::size_t bytes) {
  plan.memory.push_back(options.arena->take(bytes, MemoryClass::scratch));
  plan.ledger.scratch_bytes += plan.memory.back().bytes();
  return plan.memory.back().data();
}

std::int64_t PlanBuilder::tile_rows(const Matrix& matrix) const {
  return decoded_outputs(matrix.out, matrix.units() * kUnit * 2, kTileBytes);
}

std::byte* PlanBuilder::shared_tile() {
  if (tile_ == nullptr) {
    std::int64_t most = 0;
    for (const Node& each : graph.nodes()) {
      if (!std::holds_alternative<MatrixProduct>(each.op)) continue;
      const Matrix& wide = matrix(each.inputs[1]);
      most = std::max(most, tile_rows(wide) * wide.units() * kUnit * 2);
    }
    tile_ = take(static_cast<std::size_t>(most));
  }
  return tile_;
}

std::byte* PlanBuilder::shared_partial(std::size_t bytes) {
  const auto known = partials_.find(bytes);
  if (known != partials_.end()) return known->second;
  return partials_.emplace(bytes, take(bytes)).first->second;
}

bool PlanBuilder::takes_tiles(ValueId input, ValueId weight_id) {
  const Format format = matrix(weight_id).format;
  return rows(input) > kMostFewRows && rows(input) <= kMostSomeRows && format != Format::f32 &&
         format != Format::f16 && format != Format::bf16;
}

bool PlanBuilder::takes_eight_bits(ValueId input, ValueId weight_id) {
  // The library wants sixteen bytes of each row's beginning, of the sums four outputs; sixteen
  // outputs are what its documentation calls for.
  constexpr std::int64_t kOutputs = 16;
  constexpr int kLeastForE4m3 = 89, kLeastForBytes = 80;
  constexpr std::int64_t kMostSum = 0x7fffffff;
  const Matrix& m = matrix(weight_id);
  if (!options.eight_bits || rows(input) <= kMostFewRows) return false;
  const bool by_library = rows(input) > kMostSomeRows;
  if (by_library && (!device().has_many_rows() || m.out % kOutputs != 0)) return false;
  const int capability = device().describe().capability;
  if (m.format == Format::fp8) return capability >= kLeastForE4m3;
  return m.format == Format::q8_row && capability >= kLeastForBytes &&
         m.in <= kMostSum / (128 * 127);
}

Packing PlanBuilder::packing_for(ValueId input, ValueId weight_id) {
  const Format format = matrix(weight_id).format;
  if (takes_eight_bits(input, weight_id)) {
    return format == Format::fp8 ? Packing::e4m3 : Packing::row_codes;
  }
  if (takes_tiles(input, weight_id)) return Packing::f16;
  if (rows(input) <= kMostFewRows || !device().has_many_rows()) {
    return takes_codes(format) ? Packing::codes : Packing::floats;
  }
  return format == Format::f32    ? Packing::floats
         : format == Format::bf16 ? Packing::bf16
                                  : Packing::f16;
}

Packed PlanBuilder::packed_place(ValueId input, Packing packing) const {
  const std::int64_t units = whole_parts(length(input), kUnit), count = rows(input);
  if (packing == Packing::floats && length(input) % kUnit == 0) {
    // They lie as they are wanted.
    return {.packing = packing, .numbers = at(input), .units = units};
  }
  std::byte* const numbers = packed_room_->data();
  std::byte* const scales =
      numbers + aligned(static_cast<std::size_t>(count * units * kUnit) * sizeof(float));
  std::byte* const sums = scales + aligned(static_cast<std::size_t>(count * units) * sizeof(float));
  return {.packing = packing,
          .numbers = numbers,
          .scales = reinterpret_cast<float*>(scales),
          .sums = reinterpret_cast<std::uint32_t*>(sums),
          .units = units};
}

Packed PlanBuilder::packed_for_next(std::size_t n) {
  const auto packing = next_packing(n);
  if (!packing) return {};
  packed_now(node(n).output, *packing);
  return packed_place(node(n).output, *packing);
}

std::optional<Packing> PlanBuilder::next_packing(std::size_t n) {
  const ValueId output = node(n).output;
  if (!options.fuse) return {};
  for (std::size_t next = n + 1; next < graph.nodes().size(); ++next) {
    const Node& reader = node(next);
    if (std::ranges::find(reader.inputs, output) == reader.inputs.end()) {
      // A product between would want the place for itself.
      if (std::holds_alternative<MatrixProduct>(reader.op)) return {};
      continue;
    }
    if (!std::holds_alternative<MatrixProduct>(reader.op)) return {};
    const Packing packing = packing_for(output, reader.inputs[1]);
    if (packing == Packing::floats && length(output) % kUnit == 0) return {};
    // A row's scale is known when all of the row is.
    if (packing == Packing::e4m3 || packing == Packing::row_codes) return {};
    return packing;
  }
  return {};
}

void PlanBuilder::add_stage(std::vector<std::size_t> nodes,
                            std::vector<std::function<void()>> launches) {
  plan.stages.push_back({std::move(nodes), std::move(launches)});
}

}  // namespace ridgepoint::cuda

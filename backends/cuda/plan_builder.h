// PlanBuilder: a plan of launches under construction, and what every kind of operator needs of the
// graph while it is planned. Internal to backends/cuda.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "backends/cuda/planner.h"
#include "backends/fusion_patterns.h"

namespace ridgepoint::cuda {

class PlanBuilder {
 public:
  PlanBuilder(const Graph& graph, const WeightMap& weights, const PlanOptions& options);

  const Graph& graph;
  const PlanOptions& options;
  const FusionPatterns patterns;
  DevicePlan plan;

  [[nodiscard]] Device& device() const { return options.arena->device(); }
  [[nodiscard]] const Node& node(std::size_t n) const { return graph.nodes()[n]; }
  [[nodiscard]] const Value& value(ValueId id) const { return graph.value(id); }
  [[nodiscard]] std::int64_t rows(ValueId id) const;
  [[nodiscard]] std::int64_t length(ValueId id) const { return value(id).shape.back(); }
  /// Where the value lies on the device, for as long as the plan.
  template <typename T = float>
  [[nodiscard]] T* at(ValueId id) const {
    return reinterpret_cast<T*>(plan.places[id]);
  }
  [[nodiscard]] const std::int64_t* past() const { return plan.past.as<std::int64_t>(); }

  const Matrix& matrix(ValueId weight);
  const float* vector(ValueId weight);
  [[nodiscard]] const HeadCache& cache(ValueId id) const;

  /// Memory that lives as long as the plan.
  std::byte* take(std::size_t bytes);
  /// The same place for whatever needs it one after the other, as large as the neediest.
  std::byte* shared_tile();
  std::byte* shared_partial(std::size_t bytes);

  // ---- activations packed for a product ----

  /// Whether a kernel of our own multiplies quantised weights by tensor cores, if need be decoding
  /// them as it does: too many rows for streaming the weights, and too few for the library.
  [[nodiscard]] bool takes_tiles(ValueId input, ValueId weight);
  /// Whether tensor cores multiply codes of eight bits, both factors with a scale a row: in a
  /// kernel of our own, or by the library where there are more rows.
  [[nodiscard]] bool takes_eight_bits(ValueId input, ValueId weight);
  /// What a product takes its activations as.
  [[nodiscard]] Packing packing_for(ValueId input, ValueId weight);
  /// Where the packed rows of a value go: one place, which serves each in turn. Whoever writes
  /// there says so by packed_now().
  [[nodiscard]] Packed packed_place(ValueId input, Packing packing) const;
  void packed_now(ValueId input, Packing packing) {
    packed_value_ = input;
    packed_as_ = packing;
  }
  [[nodiscard]] bool is_packed(ValueId input, Packing packing) const {
    return packed_value_ == input && packed_as_ == packing;
  }
  /// How the product that next reads this node's output takes it, if packing it early pays.
  [[nodiscard]] Packed packed_for_next(std::size_t n);
  /// Whether it pays.
  [[nodiscard]] bool packs_for_next(std::size_t n) { return next_packing(n).has_value(); }

  void add_stage(std::vector<std::size_t> nodes, std::vector<std::function<void()>> launches);

  /// A wide product reads this many outputs at once where weights have to be decoded first.
  [[nodiscard]] std::int64_t tile_rows(const Matrix& matrix) const;

 private:
  [[nodiscard]] std::optional<Packing> next_packing(std::size_t n);
  void place_values();
  [[nodiscard]] const TensorView& weight(ValueId id) const;
  void note_weight(const void* memory, std::int64_t bytes);

  const WeightMap& weights_;
  std::set<const void*> counted_;
  DeviceBytes* packed_room_ = nullptr;
  std::byte* tile_ = nullptr;
  std::map<std::size_t, std::byte*> partials_;
  ValueId packed_value_ = kNoValue;
  Packing packed_as_ = Packing::none;
};

// One group of operators each. `n` is the node's index.

/// Launches for products of one input.
std::vector<std::function<void()>> product_launches(PlanBuilder& builder,
                                                    std::span<const FusedProduct> products);
/// One launch for silu(gate) * up into `result`; none where rows or formats do not suit.
std::vector<std::function<void()>> gated_launches(PlanBuilder& builder, std::size_t gate,
                                                  std::size_t up, ValueId result);
void plan_product(PlanBuilder& builder, std::size_t n);

struct HeadsNodes {
  std::optional<std::size_t> rope, append;  ///< of one job: either or both
  ValueId input = 0;
};
void plan_heads(PlanBuilder& builder, std::vector<std::size_t> nodes,
                std::span<const HeadsNodes> jobs);
void plan_attention(PlanBuilder& builder, std::size_t n);
void plan_rows(PlanBuilder& builder, std::size_t n);
void plan_lookups(PlanBuilder& builder, std::size_t n);

/// Plans several nodes from `n` on as one where they match a pattern; how many, or 0.
std::size_t plan_fused(PlanBuilder& builder, std::size_t n);

}  // namespace ridgepoint::cuda

// PlanBuilder: a plan under construction, and what every kind of operator needs of the graph while
// it is planned. Internal to backends/host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "backends/fusion_patterns.h"
#include "backends/host/planner.h"

namespace ridgepoint {

/// Quantised rows in scratch.
struct QuantisedPlace {
  std::size_t codes = 0, scales = 0, sums = 0;
  std::int64_t blocks = 0;  ///< of a row, the last one filled up
  [[nodiscard]] host::QuantisedRows rows(const Frame& frame) const {
    return {.codes = frame.scratch_at<std::int8_t>(codes),
            .scales = frame.scratch_at<float>(scales),
            .sums = frame.scratch_at<std::int32_t>(sums),
            .code_stride = blocks * host::kBlock,
            .scale_stride = blocks};
  }
};

class PlanBuilder {
 public:
  PlanBuilder(const Graph& graph, const WeightMap& weights, const PlanOptions& options);

  const Graph& graph;
  const PlanOptions& options;
  const FusionPatterns patterns;
  const host::Kernels& kernels;
  HostPlan plan;
  /// The value whose quantised rows are in scratch when the next stage begins; kNoValue: none.
  ValueId quantised_value = kNoValue;

  [[nodiscard]] const Node& node(std::size_t n) const { return graph.nodes()[n]; }
  [[nodiscard]] const Value& value(ValueId id) const { return graph.value(id); }
  [[nodiscard]] Place place(ValueId id) const { return plan.places[id]; }
  [[nodiscard]] std::int64_t rows(ValueId id) const;
  [[nodiscard]] std::int64_t length(ValueId id) const { return value(id).shape.back(); }
  [[nodiscard]] const TensorView& weight(ValueId id) const;
  [[nodiscard]] const CacheBytes& cache(ValueId id) const;

  /// A weight as floats that live as long as the plan.
  const float* floats_of(ValueId weight);
  /// Offset of that many bytes of scratch.
  std::size_t take_scratch(std::size_t bytes);
  /// Where the quantised rows of a product's input go: one place, which serves each in turn.
  QuantisedPlace quantised_place(ValueId input);
  /// Scratch that stages of one kind and size take in turn.
  enum class Shared : std::uint8_t { attention, joined };
  std::size_t shared_scratch(Shared which, std::size_t bytes);
  /// Offsets of the cosines and sines of a set of inverse frequencies.
  std::map<std::vector<double>, std::pair<std::size_t, std::size_t>> rotations;
  void add_stage(std::size_t node, std::function<void(const Frame&)> work) {
    add_stage(std::vector{node}, std::move(work));
  }
  /// Stages that stand for the same nodes follow each other, and are one op to those who listen.
  void add_stage(std::vector<std::size_t> nodes, std::function<void(const Frame&)> work);

 private:
  void place_values(const WeightMap& weights);
  void check_weight(const WeightMap& weights, const Value& value) const;
  [[nodiscard]] std::size_t quantised_bytes(ValueId input) const;

  const WeightMap& weights_;
  std::size_t quantised_ = 0, quantised_room_ = 0;
  std::map<std::pair<Shared, std::size_t>, std::size_t> shared_;
};

// One group of operators each. `n` is the node's index.
void plan_products(PlanBuilder& builder, std::span<const std::size_t> nodes);
void plan_attention(PlanBuilder& builder, std::size_t n);
void plan_kv_append(PlanBuilder& builder, std::size_t n);
void plan_rope(PlanBuilder& builder, std::size_t n);
void plan_rows(PlanBuilder& builder, std::size_t n);     ///< norms, softmax, element by element
void plan_lookups(PlanBuilder& builder, std::size_t n);  ///< tables, selection, sampling

/// Plans several nodes from `n` on as one where they match a pattern; how many, or 0.
std::size_t plan_fused(PlanBuilder& builder, std::size_t n);

// What fused patterns are made of.
/// Products of one input in one stage, then `after` for the columns of each that a part computed.
using AfterProducts = std::function<void(const Frame&, std::int64_t begin, std::int64_t end)>;
/// `with` are the nodes that `after` stands for.
void plan_product_group(PlanBuilder& builder, std::span<const FusedProduct> products,
                        AfterProducts after = {}, std::span<const std::size_t> with = {});
/// A norm whose rows go straight to quantised ones, when every product of it takes those.
bool plan_quantised_norm(PlanBuilder& builder, std::size_t n);
struct RopeAndAppend {
  std::size_t query_rope, key_rope, key_append, value_append;
};
void plan_rope_and_append(PlanBuilder& builder, const RopeAndAppend& nodes);

}  // namespace ridgepoint

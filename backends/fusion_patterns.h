// The patterns of neighbouring nodes that an engine may compute as one: what they are, whoever
// computes them and how. Values between the nodes of a pattern are read by nobody else.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "workloads/graph/graph.h"

namespace ridgepoint {

inline constexpr ValueId kNoValue = static_cast<ValueId>(-1);

/// A product and what it takes over: `result` takes the place of its output, `addend` is added,
/// `bias` is a weight; kNoValue each where there is none.
struct FusedProduct {
  std::size_t node = 0;
  std::vector<std::size_t> with = {};  ///< the nodes whose work it takes over
  ValueId result = kNoValue, addend = kNoValue, bias = kNoValue;
};

/// Queries, keys and values of one input, the first two rotated, the last two appended.
struct AttentionInputs {
  FusedProduct query, key, value;
  ValueId query_result = 0, key_result = 0, value_result = 0;  ///< before rotation
  std::size_t query_rope = 0, key_rope = 0, key_append = 0, value_append = 0;
  std::size_t nodes = 0;  ///< of the whole pattern
};

/// Patterns that begin at a node `n`. The graph must outlive it.
class FusionPatterns {
 public:
  explicit FusionPatterns(const Graph& graph);

  /// How many nodes read it; one more for what is read from outside.
  [[nodiscard]] int uses(ValueId id) const { return uses_[id]; }

  /// product (+ bias) + residual, which is not the product's own input; empty for a product alone.
  [[nodiscard]] std::optional<FusedProduct> residual(std::size_t n) const;
  /// gate, up -> silu(gate) * up: three nodes.
  [[nodiscard]] bool is_gate(std::size_t n) const;
  /// q, rope, k, rope, v, append k, append v; each product with its bias, if it has one.
  [[nodiscard]] std::optional<AttentionInputs> attention_inputs(std::size_t n) const;

 private:
  struct BiasedProduct {
    FusedProduct product;
    std::size_t nodes = 1;
    ValueId result = 0;
  };

  template <typename T>
  [[nodiscard]] bool is(std::size_t n) const;
  [[nodiscard]] const Node& node(std::size_t n) const { return graph_.nodes()[n]; }
  /// Node n reads `id` as its input `which`.
  [[nodiscard]] bool reads(std::size_t n, std::size_t which, ValueId id) const;
  [[nodiscard]] std::optional<BiasedProduct> biased_product(std::size_t n) const;

  const Graph& graph_;
  std::vector<int> uses_;
};

}  // namespace ridgepoint

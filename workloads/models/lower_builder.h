// What every architecture's lowering shares: a graph under construction over a model's tensors, and
// the ends that all graphs have in common. Internal to workloads/models.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/graph/graph.h"
#include "workloads/models/lower.h"
#include "workloads/models/model.h"

namespace ridgepoint {

class LowerBuilder {
 public:
  /// `model` must outlive this object. Error when the phase cannot be.
  LowerBuilder(const Model& model, const Phase& phase);

  /// The weight of this name. Error with the model's source when it is missing or has another
  /// shape.
  ValueId weight(std::string_view name, const Shape& shape);
  [[nodiscard]] bool has(std::string_view name) const;
  ValueId node(std::string op_id, Op op, std::vector<ValueId> inputs);
  /// input * name.weight^T, [.., in] -> [.., out].
  ValueId project(std::string op_id, ValueId input, std::string_view tensor, std::int64_t in,
                  std::int64_t out);
  /// The same, then + name.bias as the op "OP_ID.bias".
  ValueId project_with_bias(const std::string& op_id, ValueId input, std::string_view tensor,
                            std::int64_t in, std::int64_t out);

  /// Tokens looked up in token_embd.weight; op id "embedding".
  ValueId embed();
  /// Appends keys and values to the layer's caches ("cache.3.k", "cache.3.v"), then attends:
  /// "PREFIX.k.append", "PREFIX.v.append", "PREFIX.mix".
  ValueId attend(const std::string& prefix, std::int64_t layer, ValueId query, ValueId keys,
                 ValueId values);
  /// The rows whose logits are wanted: "output.select" for the last ones.
  ValueId select(ValueId hidden);
  /// "output.logits" over output.weight, or token_embd.weight where embeddings are tied, and
  /// "output.next". Marks the outputs.
  void finish_output(ValueId normed);
  [[nodiscard]] bool wants_logits() const { return phase_.logits != LogitRows::none; }

  Graph take() { return std::move(graph_); }

 private:
  const Model& model_;
  Phase phase_;
  Graph graph_;
};

/// One a family; `lower` calls the right one.
Graph lower_llama(const Model& model, const Phase& phase);
Graph lower_gpt2(const Model& model, const Phase& phase);

}  // namespace ridgepoint

#include "workloads/models/lower_builder.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/error.h"

namespace ridgepoint {

LowerBuilder::LowerBuilder(const Model& model, const Phase& phase)
    : model_(model),
      phase_(phase),
      graph_(model.config.name.empty() ? std::string(name_of(model.config.architecture))
                                       : model.config.name,
             phase.batch, phase.tokens, phase.capacity) {
  const ModelConfig& config = model.config;
  if (phase.capacity < phase.tokens) {
    throw Error(fmt::format("{}: {} tokens a sequence do not fit into a cache of {}", model.source,
                            phase.tokens, phase.capacity));
  }
  if (config.sliding_window > 0 && phase.capacity > config.sliding_window) {
    throw Error(
        fmt::format("{}: a context of {} needs sliding-window attention, which is not "
                    "lowered by this version; stay within its window of {} tokens",
                    model.source, phase.capacity, config.sliding_window));
  }
}

bool LowerBuilder::has(std::string_view name) const {
  return model_.weights.contains(name);
}

ValueId LowerBuilder::weight(std::string_view name, const Shape& shape) {
  const auto found = model_.weights.find(name);
  if (found == model_.weights.end()) {
    throw Error(fmt::format("{}: tensor '{}' is missing; architecture {} needs it as {}",
                            model_.source, name, name_of(model_.config.architecture),
                            to_string(shape)));
  }
  const TensorView& tensor = found->second;
  if (tensor.shape != shape) {
    throw Error(fmt::format("{}: tensor '{}' is {}, but the model's configuration implies {}",
                            model_.source, name, to_string(tensor.shape), to_string(shape)));
  }
  return graph_.add_value({std::string(name), Role::weight, tensor.type, shape});
}

ValueId LowerBuilder::node(std::string op_id, Op op, std::vector<ValueId> inputs) {
  return graph_.add_node(std::move(op_id), std::move(op), std::move(inputs));
}

ValueId LowerBuilder::project(std::string op_id, ValueId input, std::string_view tensor,
                              std::int64_t in, std::int64_t out) {
  return node(std::move(op_id), MatrixProduct{},
              {input, weight(fmt::format("{}.weight", tensor), {out, in})});
}

ValueId LowerBuilder::project_with_bias(const std::string& op_id, ValueId input,
                                        std::string_view tensor, std::int64_t in,
                                        std::int64_t out) {
  const ValueId product = project(op_id, input, tensor, in, out);
  return node(op_id + ".bias", Bias{}, {product, weight(fmt::format("{}.bias", tensor), {out})});
}

ValueId LowerBuilder::embed() {
  const ModelConfig& config = model_.config;
  const ValueId tokens = graph_.add_value(
      {std::string(kTokensInput), Role::input, Type::i32, {phase_.batch * phase_.tokens}});
  return node("embedding", Embedding{},
              {tokens, weight("token_embd.weight", {config.vocab, config.hidden})});
}

ValueId LowerBuilder::attend(const std::string& prefix, std::int64_t layer, ValueId query,
                             ValueId keys, ValueId values) {
  const ModelConfig& config = model_.config;
  const auto append = [&](char which, ValueId input) {
    const ValueId cache =
        graph_.add_value({fmt::format("cache.{}.{}", layer, which),
                          Role::cache,
                          phase_.kv_type,
                          {phase_.batch, phase_.capacity, config.kv_heads * config.head_dim}});
    return node(fmt::format("{}.{}.append", prefix, which), KvAppend{}, {input, cache});
  };
  const ValueId key_cache = append('k', keys);
  const ValueId value_cache = append('v', values);
  return node(prefix + ".mix",
              Attention{.heads = config.heads,
                        .kv_heads = config.kv_heads,
                        .head_dim = config.head_dim,
                        .scale = 1.0 / std::sqrt(static_cast<double>(config.head_dim))},
              {query, key_cache, value_cache});
}

ValueId LowerBuilder::select(ValueId hidden) {
  if (phase_.logits == LogitRows::all) return hidden;
  return node("output.select", SelectLast{.batch = phase_.batch}, {hidden});
}

void LowerBuilder::finish_output(ValueId normed) {
  const ModelConfig& config = model_.config;
  // Tied embeddings share the table: the graph names it once.
  const bool tied = config.tied_embeddings || !has("output.weight");
  const ValueId table = tied ? graph_.find("token_embd.weight")
                             : weight("output.weight", {config.vocab, config.hidden});
  const ValueId logits = node("output.logits", MatrixProduct{}, {normed, table});
  graph_.mark_output(logits, kLogitsOutput);
  if (phase_.logits != LogitRows::last) return;
  graph_.mark_output(node("output.next", Sample{}, {logits}), kNextOutput);
}

}  // namespace ridgepoint

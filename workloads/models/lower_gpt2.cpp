// GPT-2 (Radford et al., 2019): pre-norm blocks with LayerNorm, learned positions, biases on every
// projection and a GELU (tanh form) feed-forward.
#include <fmt/format.h>

#include "workloads/error.h"
#include "workloads/models/lower_builder.h"

namespace ridgepoint {
namespace {

ValueId layer_norm(LowerBuilder& builder, const ModelConfig& config, const std::string& op_id,
                   const std::string& tensor, ValueId hidden) {
  const ValueId weight = builder.weight(tensor + ".weight", {config.hidden});
  const ValueId bias = builder.weight(tensor + ".bias", {config.hidden});
  return builder.node(op_id, LayerNorm{.epsilon = config.norm_epsilon}, {hidden, weight, bias});
}

ValueId attention(LowerBuilder& builder, const ModelConfig& config, std::int64_t layer,
                  ValueId hidden) {
  const std::string prefix = fmt::format("layer.{}.attention", layer);
  const std::string tensors = fmt::format("blk.{}", layer);
  const ValueId input =
      layer_norm(builder, config, prefix + ".norm", tensors + ".attn_norm", hidden);
  const auto head_input = [&](const char* which, std::int64_t heads) {
    return builder.project_with_bias(fmt::format("{}.{}", prefix, which), input,
                                     fmt::format("{}.attn_{}", tensors, which), config.hidden,
                                     heads * config.head_dim);
  };
  const ValueId query = head_input("q", config.heads);
  const ValueId keys = head_input("k", config.kv_heads);
  const ValueId values = head_input("v", config.kv_heads);
  const ValueId mixed = builder.attend(prefix, layer, query, keys, values);
  const ValueId output =
      builder.project_with_bias(prefix + ".output", mixed, tensors + ".attn_output",
                                config.heads * config.head_dim, config.hidden);
  return builder.node(prefix + ".residual", Add{}, {hidden, output});
}

ValueId feed_forward(LowerBuilder& builder, const ModelConfig& config, std::int64_t layer,
                     ValueId hidden) {
  const std::string prefix = fmt::format("layer.{}.ffn", layer);
  const std::string tensors = fmt::format("blk.{}", layer);
  const ValueId input =
      layer_norm(builder, config, prefix + ".norm", tensors + ".ffn_norm", hidden);
  const ValueId up = builder.project_with_bias(prefix + ".up", input, tensors + ".ffn_up",
                                               config.hidden, config.ffn);
  const ValueId active = builder.node(prefix + ".gelu", Gelu{.form = GeluForm::tanh}, {up});
  const ValueId down = builder.project_with_bias(prefix + ".down", active, tensors + ".ffn_down",
                                                 config.ffn, config.hidden);
  return builder.node(prefix + ".residual", Add{}, {hidden, down});
}

}  // namespace

Graph lower_gpt2(const Model& model, const Phase& phase) {
  const ModelConfig& config = model.config;
  if (phase.capacity > config.context) {
    throw Error(
        fmt::format("{}: a context of {} tokens is more than the {} positions that the "
                    "model has learned; ask for fewer",
                    model.source, phase.capacity, config.context));
  }
  LowerBuilder builder(model, phase);
  const ValueId embedded = builder.embed();
  const ValueId positions = builder.weight("position_embd.weight", {config.context, config.hidden});
  ValueId hidden = builder.node("position_embedding", PositionEmbedding{}, {embedded, positions});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    hidden = attention(builder, config, layer, hidden);
    hidden = feed_forward(builder, config, layer, hidden);
  }
  if (builder.wants_logits()) {
    const ValueId last = builder.select(hidden);
    builder.finish_output(layer_norm(builder, config, "output.norm", "output_norm", last));
  }
  return builder.take();
}

}  // namespace ridgepoint

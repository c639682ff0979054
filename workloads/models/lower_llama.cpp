// Llama (arXiv 2302.13971) and Qwen2 (arXiv 2407.10671): pre-norm blocks with RMSNorm, rotary
// positions, grouped heads and a SwiGLU feed-forward; Qwen2 adds biases to queries, keys and
// values.
#include <fmt/format.h>

#include "workloads/models/lower_builder.h"

namespace ridgepoint {
namespace {

class LlamaBlock {
 public:
  LlamaBlock(LowerBuilder& builder, const ModelConfig& config, const Rope& rope, std::int64_t layer)
      : builder_(builder),
        config_(config),
        rope_(rope),
        layer_(layer),
        prefix_(fmt::format("layer.{}", layer)),
        tensors_(fmt::format("blk.{}", layer)) {}

  ValueId attention(ValueId hidden) {
    const std::string prefix = prefix_ + ".attention";
    const ValueId input = norm(prefix, tensors_ + ".attn_norm.weight", hidden);
    const ValueId query =
        rotate(prefix + ".q", head_input(prefix + ".q", input, "q", config_.heads));
    const ValueId keys =
        rotate(prefix + ".k", head_input(prefix + ".k", input, "k", config_.kv_heads));
    const ValueId values = head_input(prefix + ".v", input, "v", config_.kv_heads);
    const ValueId mixed = builder_.attend(prefix, layer_, query, keys, values);
    const ValueId output = builder_.project(prefix + ".output", mixed, tensors_ + ".attn_output",
                                            config_.heads * config_.head_dim, config_.hidden);
    return builder_.node(prefix + ".residual", Add{}, {hidden, output});
  }

  ValueId feed_forward(ValueId hidden) {
    const std::string prefix = prefix_ + ".ffn";
    const ValueId input = norm(prefix, tensors_ + ".ffn_norm.weight", hidden);
    const ValueId gate = builder_.project(prefix + ".gate", input, tensors_ + ".ffn_gate",
                                          config_.hidden, config_.ffn);
    const ValueId up =
        builder_.project(prefix + ".up", input, tensors_ + ".ffn_up", config_.hidden, config_.ffn);
    const ValueId gated = builder_.node(prefix + ".gated", SiluGate{}, {gate, up});
    const ValueId down = builder_.project(prefix + ".down", gated, tensors_ + ".ffn_down",
                                          config_.ffn, config_.hidden);
    return builder_.node(prefix + ".residual", Add{}, {hidden, down});
  }

 private:
  ValueId norm(const std::string& prefix, const std::string& tensor, ValueId hidden) {
    return builder_.node(prefix + ".norm", RmsNorm{.epsilon = config_.norm_epsilon},
                         {hidden, builder_.weight(tensor, {config_.hidden})});
  }
  ValueId head_input(const std::string& op_id, ValueId input, char const* which,
                     std::int64_t heads) {
    const std::string tensor = fmt::format("{}.attn_{}", tensors_, which);
    const std::int64_t features = heads * config_.head_dim;
    return config_.qkv_bias
               ? builder_.project_with_bias(op_id, input, tensor, config_.hidden, features)
               : builder_.project(op_id, input, tensor, config_.hidden, features);
  }
  ValueId rotate(const std::string& op_id, ValueId input) {
    return builder_.node(op_id + ".rope", rope_, {input});
  }

  LowerBuilder& builder_;
  const ModelConfig& config_;
  const Rope& rope_;
  std::int64_t layer_;
  std::string prefix_, tensors_;
};

}  // namespace

Graph lower_llama(const Model& model, const Phase& phase) {
  const ModelConfig& config = model.config;
  LowerBuilder builder(model, phase);
  const Rope rope{.head_dim = config.head_dim,
                  .pairing = config.rope_pairing,
                  .inverse_frequencies = inverse_frequencies(config)};
  ValueId hidden = builder.embed();
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    LlamaBlock block(builder, config, rope, layer);
    hidden = block.feed_forward(block.attention(hidden));
  }
  if (builder.wants_logits()) {
    const ValueId last = builder.select(hidden);
    builder.finish_output(
        builder.node("output.norm", RmsNorm{.epsilon = config.norm_epsilon},
                     {last, builder.weight("output_norm.weight", {config.hidden})}));
  }
  return builder.take();
}

}  // namespace ridgepoint

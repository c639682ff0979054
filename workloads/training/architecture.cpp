#include "workloads/training/architecture.h"

#include <cmath>
#include <sstream>

namespace ridgepoint::training {

std::vector<TensorSpec> tensor_specs() {
  constexpr double kDeviation = 0.02;
  // Each layer adds twice to the residual stream; the scale keeps its variance.
  const double residual_deviation = kDeviation / std::sqrt(2.0 * kLayers);
  constexpr std::int64_t kQueryWidth = kHeads * kHeadSize;
  constexpr std::int64_t kKeyValueWidth = kKeyValueHeads * kHeadSize;

  std::vector<TensorSpec> specs{{"model.embed_tokens.weight", {kVocabulary, kHidden}, kDeviation}};
  for (std::int64_t layer = 0; layer < kLayers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const auto add = [&](const char* name, std::vector<std::int64_t> shape, double deviation) {
      specs.push_back({prefix + name + ".weight", std::move(shape), deviation});
    };
    add("input_layernorm", {kHidden}, 0.0);
    add("self_attn.q_proj", {kQueryWidth, kHidden}, kDeviation);
    add("self_attn.k_proj", {kKeyValueWidth, kHidden}, kDeviation);
    add("self_attn.v_proj", {kKeyValueWidth, kHidden}, kDeviation);
    add("self_attn.o_proj", {kHidden, kQueryWidth}, residual_deviation);
    add("post_attention_layernorm", {kHidden}, 0.0);
    add("mlp.gate_proj", {kIntermediate, kHidden}, kDeviation);
    add("mlp.up_proj", {kIntermediate, kHidden}, kDeviation);
    add("mlp.down_proj", {kHidden, kIntermediate}, residual_deviation);
  }
  specs.push_back({"model.norm.weight", {kHidden}, 0.0});
  specs.push_back({"lm_head.weight", {kVocabulary, kHidden}, kDeviation});
  return specs;
}

std::string config_json() {
  std::ostringstream json;
  json << "{\n"
       << "  \"architectures\": [\"LlamaForCausalLM\"],\n"
       << "  \"model_type\": \"llama\",\n"
       << "  \"vocab_size\": " << kVocabulary << ",\n"
       << "  \"hidden_size\": " << kHidden << ",\n"
       << "  \"intermediate_size\": " << kIntermediate << ",\n"
       << "  \"num_hidden_layers\": " << kLayers << ",\n"
       << "  \"num_attention_heads\": " << kHeads << ",\n"
       << "  \"num_key_value_heads\": " << kKeyValueHeads << ",\n"
       << "  \"head_dim\": " << kHeadSize << ",\n"
       << "  \"hidden_act\": \"silu\",\n"
       << "  \"rms_norm_eps\": 1e-05,\n"
       << "  \"rope_theta\": 10000.0,\n"
       << "  \"rope_scaling\": null,\n"
       << "  \"max_position_embeddings\": " << kMaximumPositions << ",\n"
       << "  \"tie_word_embeddings\": false,\n"
       << "  \"attention_bias\": false,\n"
       << "  \"mlp_bias\": false,\n"
       << "  \"attention_dropout\": 0.0,\n"
       << "  \"initializer_range\": 0.02,\n"
       << "  \"use_cache\": true,\n"
       << "  \"bos_token_id\": " << kSeparator << ",\n"
       << "  \"eos_token_id\": " << kSeparator << ",\n"
       << "  \"torch_dtype\": \"bfloat16\"\n"
       << "}\n";
  return json.str();
}

}  // namespace ridgepoint::training

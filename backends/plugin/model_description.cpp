#include "backends/plugin/model_description.h"

#include "backends/backend.h"

namespace ridgepoint {
namespace {

// Weights made in memory name their shape where others name their file; no loader could open that.
std::string path_of(const Model& model) {
  return model.source.starts_with("shape:") ? std::string() : model.source;
}

}  // namespace

ModelDescription::ModelDescription(const Model& model)
    : path_(path_of(model)), architecture_(name_of(model.config.architecture)) {
  const ModelConfig& config = model.config;
  if (config.architecture != Architecture::gpt2) inverse_frequencies_ = inverse_frequencies(config);
  for (const auto& [name, view] : model.weights) {
    tensors_.push_back({.name = name.c_str(),
                        .type = type_info(view.type).gguf_id,
                        .rank = static_cast<std::uint32_t>(view.shape.size()),
                        .dims = view.shape.data(),
                        .data = view.bytes.data(),
                        .bytes = view.bytes.size()});
  }
  description_ = {
      .struct_size = sizeof(ridgepoint_model),
      .path = path_.c_str(),
      .name = config.name.c_str(),
      .architecture = architecture_.c_str(),
      .layers = config.layers,
      .hidden = config.hidden,
      .heads = config.heads,
      .kv_heads = config.kv_heads,
      .head_dim = config.head_dim,
      .ffn = config.ffn,
      .vocab = config.vocab,
      .context = config.context,
      .experts = config.experts,
      .experts_used = config.experts_used,
      .sliding_window = config.sliding_window,
      .norm_epsilon = config.norm_epsilon,
      .rope_theta = config.rope_theta,
      .rope_inverse_frequencies = inverse_frequencies_.data(),
      .rope_inverse_frequency_count = inverse_frequencies_.size(),
      .rope_pairing = config.rope_pairing == RopePairing::adjacent ? RIDGEPOINT_ROPE_ADJACENT
                                                                   : RIDGEPOINT_ROPE_HALVES,
      .tied_embeddings = config.tied_embeddings ? 1 : 0,
      .qkv_bias = config.qkv_bias ? 1 : 0,
      .synthetic = model.synthetic ? 1 : 0,
      .tensors = tensors_.data(),
      .tensor_count = tensors_.size(),
  };
}

ridgepoint_session_options describe(const SessionOptions& options) {
  return {.struct_size = sizeof(ridgepoint_session_options),
          .batch = options.batch,
          .capacity = options.capacity,
          .prefill_rows = options.prefill_rows.value_or(kPrefillRows),
          .kv_type = type_info(options.kv_type).gguf_id,
          .threads = options.threads};
}

}  // namespace ridgepoint

#include "workloads/formats/gguf_model.h"

#include <fmt/format.h>

#include "workloads/formats/bind_weights.h"
#include "workloads/formats/format_error.h"
#include "workloads/formats/gguf_architecture.h"
#include "workloads/number_of.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kMakeItAgain =
    "make the file again with a current converter, or use another model";

/// The fused tensor that "attn_q", "attn_k" or "attn_v" is a part of, and where in it.
struct FusedPart {
  std::string fused_name;
  std::int64_t first_row = 0;
};

std::optional<FusedPart> fused_part(const std::string& name, const ModelConfig& config) {
  const std::int64_t query = config.heads * config.head_dim;
  const std::int64_t key = config.kv_heads * config.head_dim;
  const std::array<std::pair<std::string_view, std::int64_t>, 3> parts{
      {{".attn_q.", 0}, {".attn_k.", query}, {".attn_v.", query + key}}};
  for (const auto& [part, first_row] : parts) {
    if (const auto at = name.find(part); at != std::string::npos) {
      return FusedPart{name.substr(0, at) + ".attn_qkv." + name.substr(at + part.size()),
                       first_row};
    }
  }
  return std::nullopt;
}

StoredTensor slice_rows(const GgufFile& file, const GgufTensor& fused, const FusedPart& part,
                        const TensorPlan& plan, const ModelConfig& config) {
  Shape whole = plan.shape;
  whole[0] = (config.heads + 2 * config.kv_heads) * config.head_dim;
  if (fused.view.shape != whole) {
    fail_at(file.origin(), fused.info_offset,
            fmt::format("tensor {} is {}, and the configuration implies {}", in_quotes(fused.name),
                        to_string(fused.view.shape), to_string(whole)),
            kMakeItAgain);
  }
  const TypeInfo& type = type_info(fused.view.type);
  const bool bias = whole.size() == 1;
  if (bias && type.block_elements != 1) {
    fail_at(file.origin(), fused.info_offset,
            fmt::format("tensor {} is a bias of type {}, whose blocks cannot be split",
                        in_quotes(fused.name), type.name),
            kMakeItAgain);
  }
  const std::int64_t row = bias ? type.block_bytes : row_bytes(type.type, whole.back());
  TensorView view{fused.view.type, plan.shape, {}};
  view.bytes = fused.view.bytes.subspan(static_cast<std::size_t>(part.first_row * row),
                                        static_cast<std::size_t>(plan.shape[0] * row));
  return {std::string(fused.name), std::move(view), file.origin(), fused.info_offset};
}

StoredTensor find_stored(const GgufFile& file, const TensorPlan& plan, const ModelConfig& config) {
  if (const GgufTensor* tensor = file.find_tensor(plan.name)) {
    return {std::string(tensor->name), tensor->view, file.origin(), tensor->info_offset};
  }
  if (const auto part = fused_part(plan.name, config)) {
    if (const GgufTensor* fused = file.find_tensor(part->fused_name)) {
      return slice_rows(file, *fused, *part, plan, config);
    }
  }
  fail_at(file.origin(), file.tensor_table_offset(),
          fmt::format("tensor '{}' is missing, which {} with {} needs", plan.name,
                      name_of(config.architecture), number_of(config.layers, "layer")),
          kMakeItAgain);
}

/// Tensors that would change what is computed, and that the architecture here does not have.
void refuse_unknown_parts(const GgufFile& file, const ModelConfig& config) {
  if (config.architecture == Architecture::gpt2 || config.architecture == Architecture::gpt_oss) {
    return;
  }
  for (const std::string_view name :
       {"attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias", "attn_q_norm.weight",
        "attn_k_norm.weight"}) {
    if (const GgufTensor* tensor = file.find_tensor(fmt::format("blk.0.{}", name))) {
      fail_at(file.origin(), tensor->info_offset,
              fmt::format("tensor {} is not part of the architecture {} as supported here",
                          in_quotes(tensor->name), name_of(config.architecture)),
              "use another model");
    }
  }
}

/// A model of fewer layers than are there would compute something else, without a word.
void refuse_layers_beyond(const GgufFile& file, const ModelConfig& config) {
  for (const GgufTensor& tensor : file.tensors()) {
    if (layer_of(tensor.name, "blk.") >= config.layers) {
      fail_at(file.origin(), tensor.info_offset,
              fmt::format("tensor {} belongs to a layer beyond the {} that block_count says",
                          in_quotes(tensor.name), config.layers),
              kMakeItAgain);
    }
  }
}

}  // namespace

Model gguf_model(const GgufFile& file) {
  Model model;
  model.config = read_gguf_config(file);
  refuse_unknown_parts(file, model.config);
  refuse_layers_beyond(file, model.config);
  bind_weights(model, file.tensors().size(),
               [&](const TensorPlan& plan) { return find_stored(file, plan, model.config); });
  model.synthetic = file.boolean(kSyntheticKey).value_or(false);
  model.seed = file.unsigned_integer(kSeedKey).value_or(0);
  return model;
}

}  // namespace ridgepoint

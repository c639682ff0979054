#include "workloads/formats/gguf_model.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

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

/// Of a layer's tensors, those that older converters wrote and nothing reads: the frequencies that
/// follow from the base.
bool is_derived(std::string_view name) {
  return name.starts_with("attn_rot_embd.");
}

/// What is left out would change what is computed, without a word.
void refuse_unknown_parts(const GgufFile& file, const ModelConfig& config) {
  if (config.architecture == Architecture::gpt_oss) return;
  const auto fail = [&](const GgufTensor& tensor) {
    fail_at(file.origin(), tensor.info_offset,
            fmt::format("tensor {} is not part of the architecture {} as supported here",
                        in_quotes(tensor.name), name_of(config.architecture)),
            "use another model");
  };
  constexpr std::string_view kFirstLayer = "blk.0.";
  std::set<std::string, std::less<>> known;
  ModelConfig one_layer = config;
  one_layer.layers = 1;
  for (const TensorPlan& plan : tensor_plan(one_layer)) {
    if (!plan.name.starts_with(kFirstLayer)) continue;
    known.insert(plan.name.substr(kFirstLayer.size()));
    if (const auto part = fused_part(plan.name, config)) {
      known.insert(part->fused_name.substr(kFirstLayer.size()));
    }
  }
  for (const GgufTensor& tensor : file.tensors()) {
    // Scales and shifts of what comes before the layers and after them, and of stretched positions.
    if (tensor.name == "output.bias" || tensor.name.starts_with("token_embd_norm.") ||
        tensor.name.starts_with("rope_factors_")) {
      fail(tensor);
    }
    if (layer_of(tensor.name, "blk.") < 0) continue;
    const std::string_view part =
        tensor.name.substr(tensor.name.find('.', std::string_view("blk.").size()) + 1);
    if (!known.contains(part) && !is_derived(part)) fail(tensor);
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

/// Whatever else such a file lacks, this is what is to be said of it.
void refuse_part_of_split(const GgufFile& file) {
  const GgufEntry* count = file.find("split.count");
  if (count == nullptr || file.unsigned_integer("split.count").value_or(0) < 2) return;
  fail_at(file.origin(), count->offset,
          fmt::format("the file is one of {} parts of a split model", describe(*count)),
          "join the parts: llama-gguf-split --merge FIRST.gguf WHOLE.gguf");
}

}  // namespace

Model gguf_model(const GgufFile& file) {
  refuse_part_of_split(file);
  Model model;
  model.config = read_gguf_config(file);
  refuse_layers_beyond(file, model.config);
  refuse_unknown_parts(file, model.config);
  bind_weights(model, file.tensors().size(),
               [&](const TensorPlan& plan) { return find_stored(file, plan, model.config); });
  model.synthetic = file.boolean(kSyntheticKey).value_or(false);
  model.seed = file.unsigned_integer(kSeedKey).value_or(0);
  return model;
}

}  // namespace ridgepoint

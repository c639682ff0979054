#include "workloads/formats/hugging_face_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "workloads/error.h"
#include "workloads/formats/bind_weights.h"
#include "workloads/formats/format_error.h"
#include "workloads/formats/owned_bytes.h"
#include "workloads/number_of.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kIncomplete =
    "download the model again, with every file that its index names";

struct NamePair {
  std::string_view canonical;
  std::string_view stored;
};

// What stands after "blk.N." and "model.layers.N." (or "h.N."), up to ".weight" or ".bias".
constexpr std::array<NamePair, 9> kLlamaLayer{{{"attn_norm", "input_layernorm"},
                                               {"attn_q", "self_attn.q_proj"},
                                               {"attn_k", "self_attn.k_proj"},
                                               {"attn_v", "self_attn.v_proj"},
                                               {"attn_output", "self_attn.o_proj"},
                                               {"ffn_norm", "post_attention_layernorm"},
                                               {"ffn_gate", "mlp.gate_proj"},
                                               {"ffn_up", "mlp.up_proj"},
                                               {"ffn_down", "mlp.down_proj"}}};
constexpr std::array<NamePair, 3> kLlamaTop{
    {{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}}};
constexpr std::array<NamePair, 8> kGpt2Layer{{{"attn_norm", "ln_1"},
                                              {"attn_q", "attn.c_attn"},
                                              {"attn_k", "attn.c_attn"},
                                              {"attn_v", "attn.c_attn"},
                                              {"attn_output", "attn.c_proj"},
                                              {"ffn_norm", "ln_2"},
                                              {"ffn_up", "mlp.c_fc"},
                                              {"ffn_down", "mlp.c_proj"}}};
constexpr std::array<NamePair, 4> kGpt2Top{{{"token_embd", "wte"},
                                            {"position_embd", "wpe"},
                                            {"output_norm", "ln_f"},
                                            {"output", "lm_head"}}};

/// A canonical name taken apart: "blk.3.attn_q.weight".
struct CanonicalName {
  std::string_view layer;  ///< "3", empty for what is not in a layer
  std::string_view module;
  std::string_view suffix;  ///< ".weight"
};

CanonicalName take_apart(std::string_view name) {
  CanonicalName parts;
  if (name.starts_with("blk.")) {
    name.remove_prefix(4);
    parts.layer = name.substr(0, name.find('.'));
    name.remove_prefix(parts.layer.size() + 1);
  }
  const auto dot = name.rfind('.');
  parts.module = name.substr(0, dot);
  parts.suffix = name.substr(dot);
  return parts;
}

std::string_view stored_module(std::span<const NamePair> pairs, std::string_view canonical) {
  for (const NamePair& pair : pairs) {
    if (pair.canonical == canonical) {
      return pair.stored;
    }
  }
  throw std::logic_error("no Hugging Face name for " + std::string(canonical));
}

std::string stored_name(std::string_view canonical, bool gpt2) {
  const CanonicalName parts = take_apart(canonical);
  if (parts.layer.empty()) {
    return fmt::format(
        "{}{}",
        gpt2 ? stored_module(kGpt2Top, parts.module) : stored_module(kLlamaTop, parts.module),
        parts.suffix);
  }
  return gpt2 ? fmt::format("h.{}.{}{}", parts.layer, stored_module(kGpt2Layer, parts.module),
                            parts.suffix)
              : fmt::format("model.layers.{}.{}{}", parts.layer,
                            stored_module(kLlamaLayer, parts.module), parts.suffix);
}

struct Found {
  const SafetensorsFile* file = nullptr;
  const SafetensorsTensor* tensor = nullptr;
};

/// Whole tensors of plain types only: where elements of `size` bytes lie column by column, the
/// columns from `first` on become rows.
void transpose_columns(const std::byte* source, std::int64_t stored_rows,
                       std::int64_t stored_columns, std::int64_t first, std::int64_t columns,
                       std::size_t size, std::byte* target) {
  // Square tiles, so that neither side strides through the cache.
  constexpr std::int64_t kTile = 32;
  for (std::int64_t row = 0; row < stored_rows; row += kTile) {
    for (std::int64_t column = 0; column < columns; column += kTile) {
      for (std::int64_t c = column; c < std::min(column + kTile, columns); ++c) {
        for (std::int64_t r = row; r < std::min(row + kTile, stored_rows); ++r) {
          std::memcpy(target + static_cast<std::size_t>(c * stored_rows + r) * size,
                      source + static_cast<std::size_t>(r * stored_columns + first + c) * size,
                      size);
        }
      }
    }
  }
}

class Finder {
 public:
  Finder(const ModelConfig& config, std::span<const SafetensorsFile> files, std::string_view origin,
         Model& model)
      : config_(config), files_(files), origin_(origin), model_(model) {}

  StoredTensor operator()(const TensorPlan& plan) {
    const bool gpt2 = config_.architecture == Architecture::gpt2;
    const std::string name = stored_name(plan.name, gpt2);
    const Found found = find(name, gpt2);
    if (found.tensor == nullptr) {
      fail_missing(name);
    }
    const auto type = weight_type(found);
    StoredTensor stored{found.tensor->name,
                        {type, found.tensor->shape, found.tensor->bytes},
                        found.file->origin(),
                        found.file->name_offset(found.tensor->name)};
    if (gpt2 && plan.name.starts_with("blk.")) bring_into_our_layout(stored, plan);
    return stored;
  }

 private:
  [[nodiscard]] Found find(const std::string& name, bool gpt2) const {
    for (const SafetensorsFile& file : files_) {
      if (const SafetensorsTensor* tensor = file.find(name)) {
        return {&file, tensor};
      }
    }
    return gpt2 && !name.starts_with("lm_head") && !name.starts_with("transformer.")
               ? find("transformer." + name, gpt2)
               : Found{};
  }

  [[noreturn]] void fail_missing(const std::string& name) const {
    const std::string what =
        fmt::format("tensor {} is missing, which {} with {} needs", in_quotes(name),
                    name_of(config_.architecture), number_of(config_.layers, "layer"));
    if (files_.size() == 1) {
      fail_at(files_.front().origin(), 8, what, kIncomplete);
    }
    throw Error(fmt::format("{}: {}; {}", origin_, what, kIncomplete));
  }

  static Type weight_type(const Found& found) {
    for (const TypeInfo& info : types()) {
      if (info.weight && !info.safetensors.empty() && info.safetensors == found.tensor->dtype) {
        return info.type;
      }
    }
    fail_at(found.file->origin(), found.file->name_offset(found.tensor->name),
            fmt::format("tensor {} has dtype {}, which cannot hold weights here",
                        in_quotes(found.tensor->name), found.tensor->dtype),
            "convert the model to F32, F16 or BF16");
  }

  /// GPT-2's layers store matrices as [in, out], and queries, keys and values as one.
  void bring_into_our_layout(StoredTensor& stored, const TensorPlan& plan) {
    const bool fused = stored.name.find("attn.c_attn.") != std::string::npos;
    const std::int64_t width = config_.heads * config_.head_dim;
    const std::int64_t first = plan.name.find(".attn_k.") != std::string::npos   ? width
                               : plan.name.find(".attn_v.") != std::string::npos ? 2 * width
                                                                                 : 0;
    const std::int64_t out = fused ? 3 * width : plan.shape[0];
    const bool matrix = plan.shape.size() == 2;
    const Shape expected = matrix ? Shape{plan.shape[1], out} : Shape{out};
    if (stored.view.shape != expected) {
      fail_at(
          stored.origin, stored.offset,
          fmt::format("tensor {} is {}, and the configuration implies {}", in_quotes(stored.name),
                      to_string(stored.view.shape), to_string(expected)),
          "the configuration belongs to another model, or the file is damaged: get both again");
    }
    const auto element = static_cast<std::size_t>(type_info(stored.view.type).block_bytes);
    if (!matrix) {
      stored.view.bytes =
          stored.view.bytes.subspan(static_cast<std::size_t>(first) * element,
                                    static_cast<std::size_t>(plan.shape[0]) * element);
    } else {
      const auto buffer = std::make_shared<OwnedBytes>(
          static_cast<std::size_t>(byte_count(stored.view.type, plan.shape)));
      transpose_columns(stored.view.bytes.data(), plan.shape[1], out, first, plan.shape[0], element,
                        buffer->bytes().data());
      stored.view.bytes = std::as_const(*buffer).bytes();
      model_.storage.push_back(buffer);
    }
    stored.view.shape = plan.shape;
  }

  const ModelConfig& config_;
  std::span<const SafetensorsFile> files_;
  std::string_view origin_;
  Model& model_;
};

/// A model of fewer layers than are there would compute something else, without a word.
void refuse_shards_beyond(const SafetensorsFile& file, const ModelConfig& config) {
  for (const SafetensorsTensor& tensor : file.tensors()) {
    for (const char* prefix : {"model.layers.", "transformer.h.", "h."}) {
      if (layer_of(tensor.name, prefix) < config.layers) continue;
      fail_at(file.origin(), file.name_offset(tensor.name),
              fmt::format("tensor {} belongs to a layer beyond the {} that config.json says",
                          in_quotes(tensor.name), config.layers),
              "the configuration belongs to another model: get both again");
    }
  }
}

}  // namespace

Model hugging_face_model(const ModelConfig& config, std::span<const SafetensorsFile> files,
                         std::string_view origin) {
  if (config.experts > 0) {
    throw Error(
        fmt::format("{}: the experts of a {} in safetensors are not read by this version; "
                    "convert the model to GGUF",
                    origin, name_of(config.architecture)));
  }
  Model model;
  model.config = config;
  std::size_t stored_count = 0;
  for (const SafetensorsFile& file : files) {
    stored_count += file.tensors().size();
    refuse_shards_beyond(file, config);
  }
  bind_weights(model, stored_count, Finder(config, files, origin, model));
  return model;
}

}  // namespace ridgepoint

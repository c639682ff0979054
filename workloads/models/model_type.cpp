#include "workloads/models/model_type.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <span>

#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {

namespace {

/// The N of "blk.N.", -1 for a tensor of no layer.
std::int64_t layer_of(std::string_view name) {
  constexpr std::string_view kBlock = "blk.";
  std::int64_t layer = -1;
  if (name.starts_with(kBlock)) {
    std::from_chars(name.data() + kBlock.size(), name.data() + name.size(), layer);
  }
  return layer;
}

[[noreturn]] void refuse(const TensorPlan& tensor, std::string_view missing) {
  throw Error(
      fmt::format("tensor '{}': a file of type q4_k_m has {} there, which is not supported; choose "
                  "q8_0 or q4_0",
                  tensor.name, missing));
}

bool uses_more_bits(std::int64_t layer, std::int64_t layers) {
  return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

// llama.cpp, src/llama-quant.cpp: llama_tensor_get_type_impl, then tensor_type_fallback.
Type q4_k_m_type(const TensorPlan& tensor, const ModelConfig& config) {
  const std::string_view name = tensor.name;
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  const std::int64_t row = tensor.shape.back();
  const bool whole = row % type_info(Type::q4_k).block_elements == 0;
  const bool more_bits = uses_more_bits(layer_of(name), config.layers);
  // GPT-2 stores Q, K and V as one tensor, which counts as a V.
  const bool fused = config.architecture == Architecture::gpt2;
  const bool value =
      has(".attn_v.weight") || (fused && (has(".attn_q.weight") || has(".attn_k.weight")));

  Type type = Type::q4_k;
  if (name == "output.weight" || (config.tied_embeddings && name == "token_embd.weight")) {
    type = whole ? Type::q6_k : Type::q8_0;
  } else if (config.experts == 8 && (value || has(".attn_k.weight"))) {
    type = Type::q8_0;
  } else if (config.experts == 8 && has(".attn_output.weight")) {
    refuse(tensor, "q5_K");
  } else if (value || has(".ffn_down")) {
    type = more_bits ? Type::q6_k : Type::q4_k;
    // Its heads share few values. llama.cpp knows the 70B model by its layers.
    const bool is_70b = config.layers == 80 && config.kv_heads < config.heads;
    if (is_70b && value && !more_bits) refuse(tensor, "q5_K");
  }
  if (row % type_info(type).block_elements == 0) return type;
  if (row % type_info(Type::q8_0).block_elements != 0) return Type::f16;
  return type == Type::q4_k ? Type::q5_0 : Type::q8_0;
}

}  // namespace

struct ModelType::Entry {
  std::optional<Type> uniform;  ///< of a mixture: none
  std::string_view mixture;     ///< its name
  std::optional<std::uint32_t> gguf_file_type{};

  [[nodiscard]] std::string_view name() const { return uniform ? name_of(*uniform) : mixture; }
};

std::span<const ModelType::Entry> ModelType::entries() {
  static const std::vector<Entry> kEntries = [] {
    // llama.cpp's llama_ftype. It has none for q4_K alone: the nearest is "mostly Q4_K, small".
    const std::map<Type, std::uint32_t> file_types{
        {Type::f32, 0},  {Type::f16, 1},  {Type::bf16, 32}, {Type::q8_0, 7},
        {Type::q4_0, 2}, {Type::q5_0, 8}, {Type::q4_k, 14}, {Type::q6_k, 18}};
    std::vector<Entry> entries;
    for (const TypeInfo& info : types()) {
      if (!info.weight) continue;
      Entry& entry = entries.emplace_back(Entry{info.type, {}});
      if (const auto found = file_types.find(info.type); found != file_types.end()) {
        entry.gguf_file_type = found->second;
      }
    }
    entries.push_back({std::nullopt, "q4_k_m", 15});
    return entries;
  }();
  return kEntries;
}

ModelType::ModelType(Type uniform) {
  const auto all = entries();
  const auto found = std::ranges::find(all, std::optional(uniform), &Entry::uniform);
  if (found == all.end()) parse_weight_type(name_of(uniform));  // says which types can
  entry_ = &*found;
}

ModelType ModelType::q4_k_m() {
  return parse("q4_k_m");
}

ModelType ModelType::parse(std::string_view name) {
  for (const Entry& entry : entries()) {
    if (entry.name() == name) return ModelType(entry);
  }
  const auto known = names();
  throw Error(fmt::format("unknown weight type '{}'{}; use one of {}", name,
                          did_you_mean(name, known), fmt::join(known, ", ")));
}

std::vector<std::string_view> ModelType::names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries()) names.push_back(entry.name());
  return names;
}

std::string_view ModelType::name() const {
  return entry_->name();
}

std::uint32_t ModelType::gguf_file_type() const {
  if (!entry_->gguf_file_type) {
    std::vector<std::string_view> storable;
    for (const Entry& entry : entries()) {
      if (entry.gguf_file_type) storable.push_back(entry.name());
    }
    throw Error(fmt::format("a GGUF file cannot hold {}; use one of {}", name(),
                            fmt::join(storable, ", ")));
  }
  return *entry_->gguf_file_type;
}

Type ModelType::of(const TensorPlan& tensor, const ModelConfig& config) const {
  if (!tensor.matrix) return Type::f32;
  return entry_->uniform ? *entry_->uniform : q4_k_m_type(tensor, config);
}

}  // namespace ridgepoint

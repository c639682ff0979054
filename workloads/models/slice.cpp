#include "workloads/models/slice.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace ridgepoint {
namespace {

/// The layer that "blk.7.attn_q.weight" belongs to.
std::optional<std::int64_t> block_of(std::string_view tensor) {
  constexpr std::string_view kBlock = "blk.";
  if (!tensor.starts_with(kBlock)) return std::nullopt;
  std::int64_t layer = 0;
  const char* const begin = tensor.data() + kBlock.size();
  const auto parsed = std::from_chars(begin, tensor.data() + tensor.size(), layer);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return layer;
}

bool has_a_row_a_token(std::string_view tensor) {
  return tensor == "token_embd.weight" || tensor == "output.weight";
}

}  // namespace

Model slice_model(const Model& model, std::int64_t layers, std::int64_t vocabulary) {
  Model slice = model;
  slice.config.layers = std::clamp<std::int64_t>(layers, 1, model.config.layers);
  slice.config.vocab = std::clamp<std::int64_t>(vocabulary, 1, model.config.vocab);
  std::erase_if(slice.weights, [&](const auto& entry) {
    const auto layer = block_of(entry.first);
    return layer && *layer >= slice.config.layers;
  });
  for (auto& [name, view] : slice.weights) {
    if (!has_a_row_a_token(name)) continue;
    view.shape[0] = std::min(view.shape[0], slice.config.vocab);
    if (!view.bytes.empty()) {
      view.bytes = view.bytes.first(static_cast<std::size_t>(byte_count(view.type, view.shape)));
    }
  }
  return slice;
}

Model outline_model(const ModelConfig& config, ModelType type) {
  Model model;
  model.config = config;
  model.source = "shape:" + config.name;
  model.synthetic = true;
  for (const TensorPlan& plan : tensor_plan(config)) {
    const Type stored = type.of(plan, config);
    static_cast<void>(byte_count(stored, plan.shape));
    model.weights.emplace(plan.name, TensorView{stored, plan.shape, {}});
  }
  model.weight_type = std::string(type.name());
  return model;
}

}  // namespace ridgepoint

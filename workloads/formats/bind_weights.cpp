#include "workloads/formats/bind_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "workloads/formats/format_error.h"

namespace ridgepoint {

std::int64_t layer_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return -1;
  name.remove_prefix(prefix.size());
  std::int64_t layer = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  const bool whole = error == std::errc() && end != name.data() + name.size() && *end == '.';
  return whole && layer >= 0 ? layer : -1;
}

void bind_weights(Model& model, std::size_t stored_count, const TensorFinder& find) {
  ModelConfig bounded = model.config;
  bounded.layers = std::min(bounded.layers, static_cast<std::int64_t>(stored_count) + 1);
  for (const TensorPlan& plan : tensor_plan(bounded)) {
    StoredTensor stored = find(plan);
    const TensorView& view = stored.view;
    if (view.shape != plan.shape) {
      fail_at(stored.origin, stored.offset,
              fmt::format("tensor {} is {}, and the configuration implies {}",
                          in_quotes(stored.name), to_string(view.shape), to_string(plan.shape)),
              "the configuration belongs to another model, or the file is damaged: get both again");
    }
    if (!type_info(view.type).weight) {
      fail_at(stored.origin, stored.offset,
              fmt::format("tensor {} has type {}, which cannot hold weights",
                          in_quotes(stored.name), name_of(view.type)),
              "convert the model to f32, f16 or bf16");
    }
    model.weights.emplace(plan.name, std::move(stored.view));
  }
  model.weight_type = most_common_type(model.weights);
}

}  // namespace ridgepoint

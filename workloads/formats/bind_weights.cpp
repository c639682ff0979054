#include "workloads/formats/bind_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "workloads/formats/format_error.h"

namespace ridgepoint {

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

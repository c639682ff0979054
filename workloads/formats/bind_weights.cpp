#include "workloads/formats/bind_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workloads/formats/format_error.h"

namespace ridgepoint {

void bind_weights(Model& model, std::size_t stored_count, const TensorFinder& find) {
  ModelConfig bounded = model.config;
  bounded.layers = std::min(bounded.layers, static_cast<std::int64_t>(stored_count) + 1);
  std::array<std::int64_t, 256> bytes_of_type{};
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
    bytes_of_type.at(static_cast<std::size_t>(view.type)) +=
        static_cast<std::int64_t>(view.bytes.size());
    model.weights.emplace(plan.name, std::move(stored.view));
  }
  const auto most = std::max_element(bytes_of_type.begin(), bytes_of_type.end());
  model.weight_type = name_of(static_cast<Type>(std::distance(bytes_of_type.begin(), most)));
}

}  // namespace ridgepoint

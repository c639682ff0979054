// A llama of any sizes with random weights: what golden models are too regular for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "workloads/models/model.h"

namespace ridgepoint {

/// Weights between -0.15 and 0.15 and, first in each matrix, a row of zeros.
inline Model random_model(const ModelConfig& config) {
  Model model;
  model.config = config;
  std::uint32_t state = 1;
  for (const TensorPlan& plan : tensor_plan(config)) {
    auto values =
        std::make_shared<std::vector<float>>(static_cast<std::size_t>(element_count(plan.shape)));
    for (float& value : *values) {
      state = state * 1664525U + 1013904223U;
      value = (static_cast<float>(state >> 8U) * 0x1p-24F - 0.5F) * 0.3F;
    }
    if (plan.matrix) std::fill_n(values->begin(), plan.shape.back(), 0.0F);
    model.weights[plan.name] = {Type::f32, plan.shape, std::as_bytes(std::span(*values))};
    model.storage.push_back(values);
  }
  model.weight_type = "f32";
  return model;
}

}  // namespace ridgepoint

#include "tests/support/small_model.h"

#include <cmath>
#include <cstddef>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "workloads/tensor/convert.h"

namespace ridgepoint {

Model small_model(const ModelConfig& config, Type type, std::uint64_t seed) {
  Model model;
  model.config = config;
  model.source = "a test";
  model.weight_type = name_of(type);
  std::mt19937_64 random(seed);
  for (const TensorPlan& plan : tensor_plan(config)) {
    const Type stored = plan.matrix ? type : Type::f32;
    const auto bytes = std::make_shared<std::vector<std::byte>>(
        static_cast<std::size_t>(byte_count(stored, plan.shape)));
    TensorView view{.type = stored, .shape = plan.shape, .bytes = *bytes};
    // Norms scale by about 1; what is summed over a row keeps the size of its inputs.
    const bool norm = plan.name.find("norm.weight") != std::string::npos;
    const double deviation =
        plan.matrix ? 1 / std::sqrt(static_cast<double>(view.row_length())) : 0.1;
    std::normal_distribution<double> distribution(norm ? 1 : 0, deviation);
    std::vector<float> row(static_cast<std::size_t>(view.row_length()));
    const auto stride = static_cast<std::size_t>(row_bytes(stored, view.row_length()));
    for (std::int64_t i = 0; i < view.rows(); ++i) {
      for (float& each : row) each = static_cast<float>(distribution(random));
      from_float(stored, row,
                 std::span(*bytes).subspan(static_cast<std::size_t>(i) * stride, stride));
    }
    model.weights.emplace(plan.name, view);
    model.storage.push_back(bytes);
  }
  return model;
}

}  // namespace ridgepoint

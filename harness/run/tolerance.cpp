#include "harness/run/tolerance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace ridgepoint {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 16> kTolerances = {{
    {"f32", 1e-3},
    {"f16", 1e-2},
    {"bf16", 3e-2},
    {"q8_0", 5e-2},
    {"q4_0", 5e-2},
    {"q5_0", 5e-2},
    {"q4_k", 5e-2},
    {"q6_k", 5e-2},
    {"q8_channel", 5e-2},
    {"q8_g64", 5e-2},
    {"q8_g128", 5e-2},
    {"w4_channel", 5e-2},
    {"w4_g32", 5e-2},
    {"w4_g64", 5e-2},
    {"w4_g128", 5e-2},
    {"fp8", 1e-1},
}};

}  // namespace

double tolerance_for(std::string_view weight_type) {
  double loosest = 0;
  for (const auto& [type, tolerance] : kTolerances) {
    if (type == weight_type) return tolerance;
    loosest = std::max(loosest, tolerance);
  }
  return loosest;
}

double tolerance_for(const Model& model, Type kv_type) {
  double loosest = model.weights.empty() ? tolerance_for(model.weight_type) : 0;
  for (const auto& [name, tensor] : model.weights) {
    loosest = std::max(loosest, tolerance_for(name_of(tensor.type)));
  }
  if (kv_type == Type::e4m3) loosest = std::max(loosest, tolerance_for("fp8"));
  return loosest;
}

Difference compare_rows(std::span<const float> ours, std::span<const float> truth) {
  if (ours.size() != truth.size()) throw std::logic_error("compare_rows: rows of unequal length");
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (!std::isfinite(ours[i]) && !(std::isinf(truth[i]) && ours[i] == truth[i])) {
      return {std::numeric_limits<double>::infinity(), true};
    }
    if (std::isinf(truth[i])) {
      if (ours[i] != truth[i]) return {std::numeric_limits<double>::infinity(), false};
      continue;
    }
    difference = std::max(difference, std::abs(static_cast<double>(ours[i]) - truth[i]));
    largest = std::max(largest, std::abs(static_cast<double>(truth[i])));
  }
  if (difference == 0) return {};
  if (largest == 0) return {std::numeric_limits<double>::infinity(), false};
  return {difference / largest, false};
}

}  // namespace ridgepoint

#include "backends/token_choice.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace ridgepoint {
namespace {

/// Indices that top_k leaves, ascending.
std::vector<std::int32_t> keep_largest(std::span<const float> logits, std::int64_t top_k) {
  std::vector<std::int32_t> indices(logits.size());
  std::iota(indices.begin(), indices.end(), 0);
  const auto wanted = static_cast<std::size_t>(top_k);
  if (top_k == 0 || wanted >= indices.size()) return indices;
  const auto before = [&](std::int32_t left, std::int32_t right) {
    const float a = logits[static_cast<std::size_t>(left)];
    const float b = logits[static_cast<std::size_t>(right)];
    return a > b || (a == b && left < right);
  };
  std::nth_element(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(wanted),
                   indices.end(), before);
  indices.resize(wanted);
  std::sort(indices.begin(), indices.end());
  return indices;
}

}  // namespace

std::int32_t draw_token(const Sample& op, std::span<const float> logits, double uniform) {
  const auto kept = keep_largest(logits, op.top_k);
  const auto most = static_cast<double>(*std::ranges::max_element(logits));
  std::vector<double> weights(kept.size());
  double total = 0.0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto logit = static_cast<double>(logits[static_cast<std::size_t>(kept[i])]);
    weights[i] = std::exp((logit - most) / op.temperature);
    total += weights[i];
  }
  double running = 0.0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    running += weights[i];
    if (running > uniform * total) return kept[i];
  }
  return kept.back();
}

}  // namespace ridgepoint

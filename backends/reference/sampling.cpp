#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/reference/operators.h"

namespace ridgepoint::reference {
namespace {

/// Indices that top_k leaves, ascending.
std::span<std::int32_t> keep_largest(std::span<const float> logits, std::int64_t top_k,
                                     std::span<std::int32_t> indices) {
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
  const auto kept = indices.first(wanted);
  std::sort(kept.begin(), kept.end());
  return kept;
}

std::int32_t draw(const Sample& op, std::span<const float> logits, double uniform,
                  Scratch scratch) {
  const auto kept = keep_largest(logits, op.top_k, scratch.take<std::int32_t>(logits.size()));
  const auto weights = scratch.take<double>(logits.size());
  const auto most = static_cast<double>(*std::ranges::max_element(logits));
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

}  // namespace

std::size_t scratch_bytes(const Sample& op, const Call& call) {
  if (op.temperature == 0.0) return 0;
  const auto vocabulary = static_cast<std::size_t>(call.inputs[0].row_length());
  return scratch_for<std::int32_t>(vocabulary) + scratch_for<double>(vocabulary);
}

void run(const Sample& op, const Call& call) {
  const auto chosen = call.output.integers();
  const std::int64_t position = call.step.past + call.step.tokens;
  for (std::size_t s = 0; s < chosen.size(); ++s) {
    const auto sequence = static_cast<std::int64_t>(s);
    const auto logits = call.inputs[0].floats(sequence);
    chosen[s] =
        op.temperature == 0.0
            ? static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin())
            : draw(op, logits, sample_uniform(op.seed, position, sequence), call.scratch(0));
  }
}

}  // namespace ridgepoint::reference

#include "harness/run/reference_price.h"

#include <algorithm>
#include <cmath>

#include "harness/run/check.h"
#include "workloads/models/lower.h"

namespace ridgepoint {
namespace {

/// At what pace one thread of the reference is assumed to compute the products of many tokens at
/// once, whose weights it decodes only once: at the least.
constexpr double kPromptFlopsPerSecond = 8e9;

}  // namespace

double ReferencePrice::seconds_of(std::int64_t tokens) const {
  const auto count = static_cast<double>(tokens);
  return count * static_cast<double>(flops_a_token) / kPromptFlopsPerSecond +
         count * count / 2 * static_cast<double>(flops_a_position) / kReferenceFlopsPerSecond;
}

std::int64_t ReferencePrice::tokens_for(double seconds) const {
  const double linear = static_cast<double>(flops_a_token) / kPromptFlopsPerSecond;
  const double square = static_cast<double>(flops_a_position) / 2 / kReferenceFlopsPerSecond;
  // The root of square * n^2 + linear * n = seconds, in the form that square = 0 does not break.
  const double root = std::sqrt(linear * linear + 4 * square * seconds);
  return static_cast<std::int64_t>(2 * seconds / std::max(linear + root, 1e-9));
}

ReferencePrice reference_price(const Model& model) {
  const auto graph = lower(model, {.batch = 1, .tokens = 1, .capacity = 2});
  const std::int64_t first = graph.work(0).flops;
  return {first, graph.work(1).flops - first};
}

}  // namespace ridgepoint

#include "workloads/training/model.h"

#include <torch/torch.h>

#include <cmath>

#include "workloads/training/architecture.h"
#include "workloads/training/fused.h"

namespace ridgepoint::training {
namespace {

// [batch, length, heads * kHeadSize] to [batch * groups, heads / groups * length, kHeadSize].
torch::Tensor by_group(const torch::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, kHeadSize})
      .transpose(1, 2)
      .reshape({x.size(0) * kKeyValueHeads, -1, kHeadSize});
}

// The query heads that share a key head are stacked as rows of one product.
// Plain batched products with one fused softmax beat tiled attention here:
// at this size a tile is so small that the calls cost more than the traffic.
torch::Tensor attention(const torch::Tensor& x, const torch::Tensor* weights) {
  const auto query = by_group(rotated(torch::linear(x, weights[0]), kHeads), kHeads);
  const auto key = by_group(rotated(torch::linear(x, weights[1]), kKeyValueHeads), kKeyValueHeads);
  const auto value = by_group(torch::linear(x, weights[2]), kKeyValueHeads);
  const double scale = 1.0 / std::sqrt(static_cast<double>(kHeadSize));
  const auto odds = causal_odds(torch::bmm(query, key.transpose(1, 2)), scale);
  const auto mixed = torch::bmm(odds, value)
                         .view({x.size(0), kHeads, x.size(1), kHeadSize})
                         .transpose(1, 2)
                         .reshape({x.size(0), x.size(1), kHeads * kHeadSize});
  return torch::linear(mixed, weights[3]);
}

torch::Tensor feed_forward(const torch::Tensor& x, const torch::Tensor* weights) {
  return torch::linear(gated(torch::linear(x, weights[0]), torch::linear(x, weights[1])),
                       weights[2]);
}

}  // namespace

torch::Tensor logits_of(const std::vector<torch::Tensor>& weights, const torch::Tensor& tokens) {
  constexpr std::size_t kTensorsPerLayer = 9;
  auto x = torch::embedding(weights[0], tokens);
  const torch::Tensor* layer = weights.data() + 1;
  for (std::int64_t index = 0; index < kLayers; ++index, layer += kTensorsPerLayer) {
    x = x + attention(rms_normalised(x, layer[0]), layer + 1);
    x = x + feed_forward(rms_normalised(x, layer[5]), layer + 6);
  }
  return torch::linear(rms_normalised(x, layer[0]), layer[1]).to(torch::kFloat32);
}

}  // namespace ridgepoint::training

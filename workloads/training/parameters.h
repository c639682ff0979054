// The trainable state: float32 master weights with AdamW moments, and the
// bfloat16 weights and gradients that forward and backward passes see.
//
// Everything lies in flat buffers, so a step is one fused loop over all
// parameters; the tensors of the model are views into them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ridgepoint::training {

struct AdamwSettings {
  double first_decay = 0.9;
  double second_decay = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.1;  ///< on matrices only
  double gradient_limit = 1.0;
};

class Parameters {
 public:
  explicit Parameters(std::uint64_t seed);

  /// bfloat16 leaves in the order of tensor_specs().
  [[nodiscard]] const std::vector<torch::Tensor>& weights() const { return weights_; }

  void clear_gradients() { gradients_.zero_(); }

  /// Clips, applies AdamW, refreshes the bfloat16 weights. Returns the norm
  /// of the gradient before clipping.
  double update(double learning_rate, const AdamwSettings& settings);

  [[nodiscard]] std::int64_t steps_done() const { return steps_done_; }
  [[nodiscard]] std::int64_t size() const { return master_.numel(); }

  /// Both replace or read the whole state; saving is atomic.
  void save(const std::filesystem::path& path) const;
  void load(const std::filesystem::path& path);

 private:
  void refresh_weights();

  torch::Tensor master_;
  torch::Tensor first_moment_;
  torch::Tensor second_moment_;
  torch::Tensor decay_mask_;
  torch::Tensor storage_;
  torch::Tensor gradients_;
  std::vector<torch::Tensor> weights_;
  std::int64_t steps_done_ = 0;
};

}  // namespace ridgepoint::training

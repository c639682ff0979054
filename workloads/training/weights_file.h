// Reads and writes the model as bfloat16 safetensors in the Hugging Face layout.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <vector>

namespace ridgepoint::training {

/// Writes model.safetensors and config.json into `directory`, each atomically.
void write_weights(const std::filesystem::path& directory,
                   const std::vector<torch::Tensor>& weights);

/// Reads `directory`/model.safetensors; returns bfloat16 tensors in the order
/// of tensor_specs().
std::vector<torch::Tensor> read_weights(const std::filesystem::path& directory);

}  // namespace ridgepoint::training

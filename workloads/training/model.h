// The forward pass of a Llama decoder as a function of a list of weights.
//
// It computes in the type of the weights it is given: bfloat16 while training,
// float32 where the stored weights are judged.
#pragma once

#include <torch/types.h>

#include <vector>

namespace ridgepoint::training {

/// `weights` follow tensor_specs(); `tokens` is [batch, length] of int64.
/// Returns logits [batch, length, kVocabulary] in float32.
torch::Tensor logits_of(const std::vector<torch::Tensor>& weights, const torch::Tensor& tokens);

}  // namespace ridgepoint::training

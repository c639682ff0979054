// Element-wise pieces of the decoder, each one pass forward and one backward.
//
// On two cores the matrix products of so small a model are cheaper than the
// memory traffic of norms, rotations and gates written as chains of tensor
// operations. These are written as single loops instead; they compute in
// float32 and store in the type of their input (bfloat16 or float32).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ridgepoint::training {

/// x / sqrt(mean(x^2) + epsilon) * gain over the last dimension.
torch::Tensor rms_normalised(const torch::Tensor& x, const torch::Tensor& gain);

/// silu(gate) * up.
torch::Tensor gated(const torch::Tensor& gate, const torch::Tensor& up);

/// Rotary position embedding with half-split pairs; x is [batch, length, heads * kHeadSize]
/// and row t of each batch entry stands at position t.
torch::Tensor rotated(const torch::Tensor& x, std::int64_t heads);

/// Softmax of scores * scale where row r, at position r % columns, sees only
/// the columns up to its position; the others become zero.
torch::Tensor causal_odds(const torch::Tensor& scores, double scale);

}  // namespace ridgepoint::training

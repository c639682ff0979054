// What a set of weights is worth: bits per byte of a text, and what it writes.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/training/text.h"

namespace ridgepoint::training {

/// Mean of -log2 p over the text cut into non-overlapping contexts, each
/// preceded by byte 0, every byte scored; a last partial context is scored too.
/// `limit_contexts` of 0 means all.
double bits_per_byte(const std::vector<torch::Tensor>& weights, const Text& text,
                     std::int64_t context, std::int64_t limit_contexts = 0);

/// Continues `prompt` (after byte 0) by up to `length_bytes`, stopping at byte 0.
std::string sample(const std::vector<torch::Tensor>& weights, const std::string& prompt,
                   std::int64_t length_bytes, double temperature, std::uint64_t seed);

}  // namespace ridgepoint::training

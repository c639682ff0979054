// From what a file stores to the weights that a config implies, checked one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "workloads/models/model.h"

namespace ridgepoint {

/// A tensor in a file, under the file's own name, in the layout that a plan asks for.
struct StoredTensor {
  std::string name;
  TensorView view;
  std::string_view origin;   ///< of the file that it is in
  std::uint64_t offset = 0;  ///< of what describes it there
};

/// Finds what a plan asks for. Throws the Error that names the file's own tensor when it is
/// missing.
using TensorFinder = std::function<StoredTensor(const TensorPlan&)>;

/// The layer in a tensor's name that begins with `prefix` ("blk.7.attn_q.weight": 7); -1 without
/// one.
std::int64_t layer_of(std::string_view name, std::string_view prefix);

/// Fills model.weights and model.weight_type for model.config. `stored_count` tensors are there in
/// all: a config that implies more fails on the first that is missing, before the plan is made for
/// every layer that a hostile file claims. Error when a tensor is missing, or has another shape or
/// a type that cannot hold weights.
void bind_weights(Model& model, std::size_t stored_count, const TensorFinder& find);

}  // namespace ridgepoint

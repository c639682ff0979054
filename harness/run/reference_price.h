// What the reference needs to compute, estimated from the work of a model: checks are bought for
// seconds.
#pragma once

#include <cstdint>

#include "workloads/models/model.h"

namespace ridgepoint {

struct ReferencePrice {
  std::int64_t flops_a_token = 0;
  std::int64_t flops_a_position = 0;  ///< attention, for a token of the past

  /// What one thread needs to fill a cache with that many tokens.
  [[nodiscard]] double seconds_of(std::int64_t tokens) const;
  /// The most tokens for which it needs no more than `seconds`.
  [[nodiscard]] std::int64_t tokens_for(double seconds) const;
};

/// Error where the model cannot be lowered.
ReferencePrice reference_price(const Model& model);

}  // namespace ridgepoint

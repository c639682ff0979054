// The draw of a token from logits, as workloads/ops/sample.h defines it: one arithmetic for every
// backend that runs on the CPU, so that all draw the same token.
#pragma once

#include <cstdint>
#include <span>

#include "workloads/ops/sample.h"

namespace ridgepoint {

/// `op.temperature` is not 0; `logits` are not empty; `uniform` is of [0, 1). Allocates.
std::int32_t draw_token(const Sample& op, std::span<const float> logits, double uniform);

}  // namespace ridgepoint

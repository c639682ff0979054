// Self-check of kernels that nobody has run on this CPU before: one product of each kind of weights
// against kernels that are trusted. The numbers are such that every product and every sum is exact
// in the types that they pass through, in whatever order they are added, so the results must be
// equal, and a single code in the wrong place shows.
#pragma once

#include <string>

#include "backends/host/kernels.h"

namespace ridgepoint {

/// Empty when all is well; otherwise which product is wrong: "product of bf16 weights is wrong".
std::string find_wrong_product(const host::Kernels& checked, const host::Kernels& trusted);

}  // namespace ridgepoint

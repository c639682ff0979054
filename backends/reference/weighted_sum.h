// Attention's second inner loop: sums[d] += weights[j] * rows[j * stride + d], j ascending, for
// every d on its own. A product here is inexact, so weighted_sum.cpp is compiled without fusing it
// into the sum: every instruction set gives the same bits.
#pragma once

#include <cstddef>

namespace ridgepoint {

void weighted_sum(const double* weights, std::size_t count, const double* rows, std::size_t stride,
                  std::size_t width, double* sums);

}  // namespace ridgepoint

#include "backends/reference/weighted_sum.h"

#include "backends/reference/clones.h"

namespace ridgepoint {
namespace {

// Sums that stay in registers over the whole loop.
constexpr std::size_t kChunk = 32;

}  // namespace

RIDGEPOINT_CLONES void weighted_sum(const double* weights, std::size_t count, const double* rows,
                                    std::size_t stride, std::size_t width, double* sums) {
  std::size_t d = 0;
  for (; d + kChunk <= width; d += kChunk) {
    double chunk[kChunk];
    for (std::size_t i = 0; i < kChunk; ++i) chunk[i] = sums[d + i];
    for (std::size_t j = 0; j < count; ++j) {
      const double* const row = rows + j * stride + d;
      for (std::size_t i = 0; i < kChunk; ++i) chunk[i] += weights[j] * row[i];
    }
    for (std::size_t i = 0; i < kChunk; ++i) sums[d + i] = chunk[i];
  }
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t i = d; i < width; ++i) sums[i] += weights[j] * rows[j * stride + i];
  }
}

}  // namespace ridgepoint

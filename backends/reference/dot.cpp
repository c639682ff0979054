#include "backends/reference/dot.h"

#include <array>
#include <cstring>

#include "backends/reference/clones.h"

namespace ridgepoint {
namespace {

// One vector of all lanes; the compiler cuts it into the registers that there are.
using Lanes = double __attribute__((vector_size(kDotLanes * sizeof(double))));

#define RIDGEPOINT_INLINE __attribute__((always_inline)) inline

RIDGEPOINT_INLINE void load(const double* from, Lanes& to) {
  std::memcpy(&to, from, sizeof to);
}

RIDGEPOINT_INLINE double reduce(const Lanes& lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
         ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// kX rows of x against kW rows of w: each vector loaded is used kW or kX times.
template <std::size_t kX, std::size_t kW>
RIDGEPOINT_INLINE void dot_block(const DotTile& tile, std::size_t first_x, std::size_t first_w) {
  const double* x = tile.x + first_x * tile.x_stride;
  const double* w = tile.w + first_w * tile.w_stride;
  Lanes sums[kX][kW] = {};
  const std::size_t whole = tile.count - tile.count % kDotLanes;
  for (std::size_t i = 0; i < whole; i += kDotLanes) {
    Lanes in_w[kW];
    for (std::size_t c = 0; c < kW; ++c) load(w + c * tile.w_stride + i, in_w[c]);
    for (std::size_t r = 0; r < kX; ++r) {
      Lanes in_x;
      load(x + r * tile.x_stride + i, in_x);
      for (std::size_t c = 0; c < kW; ++c) sums[r][c] += in_x * in_w[c];
    }
  }
  for (std::size_t r = 0; r < kX; ++r) {
    for (std::size_t c = 0; c < kW; ++c) {
      for (std::size_t i = whole; i < tile.count; ++i) {
        sums[r][c][i - whole] += x[r * tile.x_stride + i] * w[c * tile.w_stride + i];
      }
      tile.out[(first_x + r) * tile.out_stride + first_w + c] = reduce(sums[r][c]);
    }
  }
}

template <std::size_t kX>
RIDGEPOINT_INLINE void dot_row_block(const DotTile& tile, std::size_t first_x) {
  std::size_t c = 0;
  for (; c + 4 <= tile.w_rows; c += 4) dot_block<kX, 4>(tile, first_x, c);
  for (; c < tile.w_rows; ++c) dot_block<kX, 1>(tile, first_x, c);
}

}  // namespace

RIDGEPOINT_CLONES void dot_tile(const DotTile& tile) {
  std::size_t r = 0;
  for (; r + 2 <= tile.x_rows; r += 2) dot_row_block<2>(tile, r);
  for (; r < tile.x_rows; ++r) dot_row_block<1>(tile, r);
}

RIDGEPOINT_CLONES void widen(std::span<const float> source, std::span<double> target) {
  const float* const from = source.data();
  double* const to = target.data();
  const std::size_t count = source.size();
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i]);
}

}  // namespace ridgepoint

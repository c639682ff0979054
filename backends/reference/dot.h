// The reference backend's inner loops. Their order of arithmetic is part of what they promise:
//
//   lane l, 0 <= l < 8, sums x[i] * w[i] over i = l, l + 8, l + 16, ... in that order;
//   the result is ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)) of the lanes.
//
// The elements are float32 values held in doubles, so a product of two is exact and a fused
// multiply-add rounds no differently than a product and a sum: every instruction set gives the same
// bits, and dot.cpp is compiled for several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ridgepoint {

inline constexpr std::size_t kDotLanes = 8;

/// out[r * out_stride + c] = dot(x + r * x_stride, w + c * w_stride) over `count` elements.
struct DotTile {
  const double* x;
  std::size_t x_rows, x_stride;
  const double* w;
  std::size_t w_rows, w_stride;
  std::size_t count;
  double* out;
  std::size_t out_stride;
};
void dot_tile(const DotTile& tile);

/// target[i] = source[i]; one size.
void widen(std::span<const float> source, std::span<double> target);

}  // namespace ridgepoint

// How far computed numbers are from expected ones, relative to the expected as a whole.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace ridgepoint {

struct RelativeError {
  double most = 0.0;  ///< largest difference over the largest expected magnitude
  double norm = 0.0;  ///< of the differences over that of the expected
};

template <typename T>
RelativeError relative_error(std::span<const float> got, std::span<const T> expected) {
  if (got.size() != expected.size() || got.empty()) {
    return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  }
  double largest = 0.0, difference = 0.0, squares = 0.0, difference_squares = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto right = static_cast<double>(expected[i]);
    const double off = std::abs(static_cast<double>(got[i]) - right);
    if (!(off < std::numeric_limits<double>::infinity())) return {off, off};
    largest = std::max(largest, std::abs(right));
    difference = std::max(difference, off);
    squares += right * right;
    difference_squares += off * off;
  }
  return {difference / largest, std::sqrt(difference_squares / squares)};
}

}  // namespace ridgepoint

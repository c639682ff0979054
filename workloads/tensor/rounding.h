// Rounding of floats to whole numbers in steps that every processor does alike and that compilers
// vectorise.
#pragma once

#include <cmath>

namespace ridgepoint {

/// Adding it to anything below 2^22 leaves no bits behind the point; subtracting it again leaves
/// the nearest whole number, half to even. 1.5 * 2^23.
inline constexpr float kRoundingShift = 12582912.0F;

/// The whole number nearest to what lies between the bounds; the lower bound for NaN.
inline float nearest_between(float value, float least, float most) {
  const float above = value > least ? value : least;
  const float within = above < most ? above : most;
  return (within + kRoundingShift) - kRoundingShift;
}

/// 1 / value, or 0 where that is no number to work with.
inline float inverse_or_zero(float value) {
  const float inverse = 1.0F / value;
  return std::isfinite(inverse) && value != 0.0F ? inverse : 0.0F;
}

}  // namespace ridgepoint

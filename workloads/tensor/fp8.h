// Eight-bit floats: E4M3 as the OCP 8-bit floating point specification has it (also PyTorch's
// float8_e4m3fn): sign, 4 bits of exponent with bias 7, 3 of mantissa, subnormals down to 2^-9, NaN
// as 0x7f and 0xff, no infinities, 448 the largest.
//
// A row of type fp8 is an f32 scale, then a byte an element: x = scale * value. Each row brings its
// scale, also when all rows of a tensor have the same one.
//
// Rounding is to nearest even and saturates, so with scales that cover the range an element is off
// by at most 1/16 of itself, or scale * 2^-10 where that is more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ridgepoint {

inline constexpr float kLargestE4M3 = 448.0F;

float e4m3_to_float(std::uint8_t bits);
/// Saturates, infinities too; NaN stays one.
std::uint8_t float_to_e4m3(float value);

/// What maps the largest magnitude to the largest E4M3; of a row, or of all rows of a tensor.
float fp8_scale(float largest_magnitude);

/// One row: 4 + elements bytes, of any alignment.
void fp8_to_float(const std::byte* row, std::span<float> target);
void float_to_fp8(std::span<const float> source, float scale, std::byte* row);
/// With the scale of this row by itself.
void float_to_fp8(std::span<const float> source, std::byte* row);

}  // namespace ridgepoint

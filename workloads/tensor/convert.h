// Conversion between float32 and every other type. These define what a stored weight *means*: the
// reference backend computes with exactly the values that `to_float` gives.
// q8_0: scale f16 = max|x|/127, round half away from zero; q4_0: scale f16 = x_of_max_magnitude/-8,
// offset 8, truncation after adding 8.5 (both as in ggml-quants.c quantize_row_*_ref). q4_k, q6_k:
// a search of our own (k_quants.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/tensor/type.h"

namespace ridgepoint {

float f16_to_float(std::uint16_t bits);
std::uint16_t float_to_f16(float value);  ///< round to nearest even; overflow to infinity
float bf16_to_float(std::uint16_t bits);
std::uint16_t float_to_bf16(float value);  ///< round to nearest even; NaN stays a quiet NaN

// Several rows at once are one long row, but for types with a row header (type.h): theirs go one by
// one.

/// `source` holds exactly row_bytes(type, target.size()) bytes, of any alignment.
void to_float(Type type, std::span<const std::byte> source, std::span<float> target);
/// `target` holds exactly row_bytes(type, source.size()) bytes.
void from_float(Type type, std::span<const float> source, std::span<std::byte> target);

}  // namespace ridgepoint

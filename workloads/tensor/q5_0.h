// q5_0 (ggml-common.h block_q5_0): a float16 scale and 32 codes of five bits, 16 above the number.
// Where a row is no whole number of q4_K's blocks of 256, llama.cpp's files have this in its place,
// so that a Q4_K_M file of such a model cannot be read without it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ridgepoint {

inline constexpr std::size_t kQ5Elements = 32;
/// The scale, bit 4 of every code in order, then the low nibbles of elements i and 16 + i in byte
/// i.
inline constexpr std::size_t kQ5Bytes = 2 + 4 + 16;

/// The numbers that the scale is multiplied with, -16 to 15.
std::array<std::int8_t, kQ5Elements> q5_0_codes(const std::byte* block);

void q5_0_to_float(const std::byte* block, float* target);
/// quantize_row_q5_0_ref of ggml-quants.c; the multiply-add rounds once, as that of q4_0 does here.
void float_to_q5_0(const float* source, std::byte* block);

}  // namespace ridgepoint

// The K-quants of GGUF: super-blocks of 256 elements whose sub-blocks have small whole-number
// scales of their own, which one or two float16 scales a super-block multiply.
//
//   q4_k (ggml-common.h block_q4_K), 144 bytes, 8 sub-blocks of 32:
//     f16 d, f16 dmin, 12 bytes of 6-bit scales and minimums, 128 bytes of 4-bit codes
//     x = d * scale * code - dmin * minimum, code 0..15, scale and minimum 0..63
//     Scale j and minimum j of the first four sub-blocks are the low 6 bits of bytes j and j + 4;
//     those of sub-block j >= 4 have their low 4 bits in the halves of byte j + 4 (scale low,
//     minimum high) and their upper 2 in the upper 2 of bytes j - 4 and j. Code bytes 32c to 32c+31
//     hold sub-block 2c in their low halves and 2c + 1 in their high ones.
//
//   q6_k (block_q6_K), 210 bytes, 16 sub-blocks of 16:
//     128 bytes with the low 4 bits of each code, 64 bytes with the upper 2, 16 signed scales, f16
//     d x = d * scale * (code - 32), code 0..63, scale -128..127 In each half of 128 elements,
//     element 32k + i (k < 4, i < 32) has its low bits in the low (k < 2) or high half of byte 32
//     (k mod 2) + i, its upper ones in bits 2k of upper byte i.
//
// Decoding is exact but for the one subtraction of q4_k: d, scale and code have 23 bits at most.
// Encoding is a search of our own, see k_quants.cpp.
#pragma once

#include <cstddef>

namespace ridgepoint {

inline constexpr std::size_t kSuperBlock = 256;
inline constexpr std::size_t kQ4KBytes = 144;
inline constexpr std::size_t kQ6KBytes = 210;

/// One super-block: `block` has kQ4KBytes or kQ6KBytes of any alignment, the floats are
/// kSuperBlock.
void q4_k_to_float(const std::byte* block, float* target);
void q6_k_to_float(const std::byte* block, float* target);

/// The same bits on every processor. What is not finite is stored as something, not preserved.
void float_to_q4_k(const float* source, std::byte* block);
void float_to_q6_k(const float* source, std::byte* block);

}  // namespace ridgepoint

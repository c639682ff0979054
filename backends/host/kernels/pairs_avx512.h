// Packing of panels (panels.h) with AVX-512 and its conversion to bf16, which counts what is
// smaller than 2^-126 as zero. Included by sources compiled for AVX512_BF16 alone.
#pragma once

#include "backends/host/kernels/simd_avx512.h"

namespace ridgepoint::host {

struct Avx512Pairs : Avx512 {
  static void store_words(void* to, I words) { _mm512_storeu_si512(to, words); }
  static F rounded(F a) {
    const auto narrow = std::bit_cast<__m256i>(_mm512_cvtneps_pbh(a));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16));
  }
  static I narrow(F first, F second) {
    return std::bit_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
  }
  static I pair(F even, F odd) {
    const I order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
                                     23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, narrow(even, odd));
  }
  template <int which>
  static F byte_of(I a) {
    if constexpr (which == 3) return _mm512_cvtepi32_ps(_mm512_srli_epi32(a, 24));
    return _mm512_cvtepi32_ps(
        _mm512_and_si512(_mm512_srli_epi32(a, 8 * which), _mm512_set1_epi32(0xff)));
  }
  template <int which>
  static F signed_byte_of(I a) {
    return _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(a, 24 - 8 * which), 24));
  }
  /// In four passes, each of which halves the blocks that are still in the wrong place.
  static void transpose(I (&rows)[16]) {
    I half[16];
    for (int i = 0; i < 16; i += 2) {
      half[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
      half[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    // quads[4k + j]: in each 128-bit part p, words 4p + j of rows 4k .. 4k + 3.
    I quads[16];
    for (int k = 0; k < 16; k += 4) {
      quads[k] = _mm512_unpacklo_epi64(half[k], half[k + 2]);
      quads[k + 1] = _mm512_unpackhi_epi64(half[k], half[k + 2]);
      quads[k + 2] = _mm512_unpacklo_epi64(half[k + 1], half[k + 3]);
      quads[k + 3] = _mm512_unpackhi_epi64(half[k + 1], half[k + 3]);
    }
    for (int j = 0; j < 4; ++j) {
      const I low = _mm512_shuffle_i32x4(quads[j], quads[4 + j], 0x44);
      const I high = _mm512_shuffle_i32x4(quads[j], quads[4 + j], 0xee);
      const I next_low = _mm512_shuffle_i32x4(quads[8 + j], quads[12 + j], 0x44);
      const I next_high = _mm512_shuffle_i32x4(quads[8 + j], quads[12 + j], 0xee);
      rows[j] = _mm512_shuffle_i32x4(low, next_low, 0x88);
      rows[4 + j] = _mm512_shuffle_i32x4(low, next_low, 0xdd);
      rows[8 + j] = _mm512_shuffle_i32x4(high, next_high, 0x88);
      rows[12 + j] = _mm512_shuffle_i32x4(high, next_high, 0xdd);
    }
  }
};

}  // namespace ridgepoint::host

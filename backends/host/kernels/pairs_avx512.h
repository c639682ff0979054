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
};

}  // namespace ridgepoint::host

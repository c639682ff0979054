// Numbers in E4M3 as f16, for lanes that have AVX2 at the least. A template over the lanes, as
// everything that two instruction sets share (lanes.h).
#pragma once

#include <immintrin.h>

namespace ridgepoint::host {

/// Sixteen of them, each 2^-8 of what it means: the bits of an f16 are the same, the sign one place
/// further up. What is no number stays none.
template <class V>
inline __m256i e4m3_as_halves(const void* from) {
  const __m256i bytes = _mm256_cvtepi8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(from)));
  const __m256i most = _mm256_set1_epi16(0x7f);
  const __m256i digits = _mm256_and_si256(bytes, most);
  const __m256i sign = _mm256_and_si256(bytes, _mm256_set1_epi16(static_cast<short>(0x8000)));
  const __m256i no_number =
      _mm256_and_si256(_mm256_cmpeq_epi16(digits, most), _mm256_set1_epi16(0x7e00));
  return _mm256_or_si256(_mm256_or_si256(_mm256_slli_epi16(digits, 7), sign), no_number);
}

}  // namespace ridgepoint::host

// Sixteen lanes as two registers of AVX2 with FMA and F16C. Included by avx2.cpp alone.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "backends/host/kernels/e4m3_halves.h"

namespace ridgepoint::host {

struct Avx2 {
  static constexpr Isa kIsa = Isa::avx2;
  struct F {
    __m256 low, high;
  };
  struct I {
    __m256i low, high;
  };
  static constexpr int kStreams = 4;
  static constexpr int kPlainRows = 2;
  static constexpr int kPlainInputs = 2;
  static constexpr int kTileStreams = 2;
  static constexpr int kTiledTiles = 1;  // and rows of activations, of many
  static constexpr int kTiledInputs = 2;
  static constexpr int kBlockStreams = 4;  // rows of blocks read at once for one activation
  static constexpr int kFewStreams = 2;    // and for two or three
  static constexpr int kDirectTiles = 2;
  static constexpr int kDirectChains = 2;
  static constexpr int kDirectInputs = 2;
  static constexpr int kPanelTiles = 1;
  static constexpr int kPanelRows = 6;
  static constexpr int kLeastPanelRows = 8;  // that earn the transposing of plain weights back
  static constexpr int kQueries = 4;         // of attention, by groups of positions
  static constexpr int kQueryGroups = 1;

  static F zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static F set1(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
  static F load(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }
  static void store(float* to, F value) {
    _mm256_storeu_ps(to, value.low);
    _mm256_storeu_ps(to + 8, value.high);
  }
  static F load_f32(const void* from) { return load(static_cast<const float*>(from)); }
  /// rows[i] lane j to rows[j] lane i.
  static void transpose(F (&rows)[16]) {
    __m256 low[16], high[16];  // columns 0 to 7 and 8 to 15 of each row
    for (int i = 0; i < 16; ++i) {
      low[i] = rows[i].low;
      high[i] = rows[i].high;
    }
    for (auto* const columns : {low, high}) {
      transpose_eight(columns);
      transpose_eight(columns + 8);
    }
    for (int i = 0; i < 8; ++i) {
      rows[i] = {low[i], low[8 + i]};
      rows[8 + i] = {high[i], high[8 + i]};
    }
  }
  static void transpose(I (&rows)[16]) {
    F words[16];
    for (int i = 0; i < 16; ++i) {
      words[i] = {_mm256_castsi256_ps(rows[i].low), _mm256_castsi256_ps(rows[i].high)};
    }
    transpose(words);
    for (int i = 0; i < 16; ++i) {
      rows[i] = {_mm256_castps_si256(words[i].low), _mm256_castps_si256(words[i].high)};
    }
  }
  static void transpose_eight(__m256* rows) {
    __m256 fours[8];  // fours[q + k]: of rows q to q + 3 the columns k and k + 4
    for (int q = 0; q < 8; q += 4) {
      const __m256 a = _mm256_unpacklo_ps(rows[q], rows[q + 1]);
      const __m256 b = _mm256_unpackhi_ps(rows[q], rows[q + 1]);
      const __m256 c = _mm256_unpacklo_ps(rows[q + 2], rows[q + 3]);
      const __m256 d = _mm256_unpackhi_ps(rows[q + 2], rows[q + 3]);
      fours[q] = _mm256_shuffle_ps(a, c, 0x44);
      fours[q + 1] = _mm256_shuffle_ps(a, c, 0xee);
      fours[q + 2] = _mm256_shuffle_ps(b, d, 0x44);
      fours[q + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
    for (int k = 0; k < 4; ++k) {
      rows[k] = _mm256_permute2f128_ps(fours[k], fours[4 + k], 0x20);
      rows[4 + k] = _mm256_permute2f128_ps(fours[k], fours[4 + k], 0x31);
    }
  }
  static F load_f16(const void* from) {
    const auto* half = static_cast<const __m128i*>(from);
    return {_mm256_cvtph_ps(_mm_loadu_si128(half)), _mm256_cvtph_ps(_mm_loadu_si128(half + 1))};
  }
  static F load_bf16(const void* from) {
    const auto* half = static_cast<const __m128i*>(from);
    return {widen_bf16(_mm_loadu_si128(half)), widen_bf16(_mm_loadu_si128(half + 1))};
  }
  static F load_e4m3(const void* from) {
    const __m256i halves = e4m3_as_halves<Avx2>(from);
    return mul({_mm256_cvtph_ps(_mm256_castsi256_si128(halves)),
                _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1))},
               set1(256.0F));
  }
  static F load_u8(const void* from) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(from));
    return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)))};
  }
  static F load_s8(const void* from) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(from));
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)))};
  }
  static F add(F a, F b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
  static F sub(F a, F b) { return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
  static F mul(F a, F b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
  static F div(F a, F b) { return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)}; }
  static F fma(F a, F b, F c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  static F max(F a, F b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
  static F min(F a, F b) { return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)}; }
  static F abs(F a) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return {_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
  }
  static F round(F a) {
    constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    return {_mm256_round_ps(a.low, kNearest), _mm256_round_ps(a.high, kNearest)};
  }
  static F scale_by_power(F a, F n) {
    return {_mm256_mul_ps(a.low, power(n.low)), _mm256_mul_ps(a.high, power(n.high))};
  }
  static float sum(F a) {
    const __m256 both = _mm256_add_ps(a.low, a.high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
  }
  static float largest(F a) {
    const __m256 both = _mm256_max_ps(a.low, a.high);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
    four = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
  }

  static I load_codes(const void* from) {
    const auto* half = static_cast<const __m256i*>(from);
    return {_mm256_loadu_si256(half), _mm256_loadu_si256(half + 1)};
  }
  /// 32 bytes each.
  static I load_codes(const void* low, const void* high) {
    return {_mm256_loadu_si256(static_cast<const __m256i*>(low)),
            _mm256_loadu_si256(static_cast<const __m256i*>(high))};
  }
  /// One f16 in the low eight lanes, another one in the high ones.
  static F spread_f16(const void* low, const void* high) {
    std::int16_t first = 0, second = 0;
    std::memcpy(&first, low, sizeof first);
    std::memcpy(&second, high, sizeof second);
    return {_mm256_cvtph_ps(_mm_set1_epi16(first)), _mm256_cvtph_ps(_mm_set1_epi16(second))};
  }
  static F spread(float low, float high) { return {_mm256_set1_ps(low), _mm256_set1_ps(high)}; }
  /// See simd_avx512.h for what these mean.
  template <int R>
  static void q4_k_factors(const std::uint8_t* row, std::int64_t stride, F (&factors)[R]) {
    for (int r = 0; r < R; ++r, row += stride) {
      const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
      const __m128i aabb = _mm_shuffle_epi32(words, 0xa5), cccc = _mm_shuffle_epi32(words, 0xff);
      const __m128i from_ab =
          _mm_and_si128(_mm_srlv_epi32(aabb, _mm_setr_epi32(0, 2, 0, 2)),
                        _mm_setr_epi32(0x3f3f3f3f, 0x30303030, 0x3f3f3f3f, 0x30303030));
      const __m128i from_c = _mm_and_si128(_mm_srlv_epi32(cccc, _mm_setr_epi32(0, 0, 0, 4)),
                                           _mm_setr_epi32(0, 0x0f0f0f0f, 0, 0x0f0f0f0f));
      const __m128i bytes = _mm_or_si128(from_ab, from_c);
      factors[r] = mul({_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
                        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)))},
                       spread_f16(row, row + 2));
    }
  }
  static F scales_and_offsets(const float* scales, const std::int32_t* sums) {
    const auto* const half = reinterpret_cast<const __m256i*>(sums);
    const __m256i totals = _mm256_permute4x64_epi64(
        _mm256_hadd_epi32(_mm256_loadu_si256(half), _mm256_loadu_si256(half + 1)), 0xd8);
    const __m256 each = _mm256_loadu_ps(scales);
    const __m256 less = _mm256_sub_ps(_mm256_setzero_ps(), each);
    return {each, _mm256_mul_ps(less, _mm256_cvtepi32_ps(totals))};
  }
  static F twice(const float* from) {
    const __m256 each = _mm256_loadu_ps(from);
    return {_mm256_permutevar8x32_ps(each, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3)),
            _mm256_permutevar8x32_ps(each, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7))};
  }
  template <int low, int high>
  static F spread_lanes(F a) {
    return {spread_lane<low>(a), spread_lane<high>(a)};
  }
  template <int quarter>
  static F four_times(F a) {
    const __m256 from = quarter < 2 ? a.low : a.high;
    constexpr int k = quarter % 2 * 4;
    return {
        _mm256_permutevar8x32_ps(from, _mm256_setr_epi32(k, k, k, k, k + 1, k + 1, k + 1, k + 1)),
        _mm256_permutevar8x32_ps(
            from, _mm256_setr_epi32(k + 2, k + 2, k + 2, k + 2, k + 3, k + 3, k + 3, k + 3))};
  }
  static F add_high(F a, F b) { return {a.low, _mm256_add_ps(a.high, b.high)}; }
  static void store_bytes(void* to, std::int64_t stride, I a) {
    const auto apart = [](__m256i lanes) {  // byte k of eight lanes as 64-bit part k
      const __m256i order = _mm256_broadcastsi128_si256(
          _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
      return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(lanes, order),
                                         _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    };
    const __m256i low = apart(a.low), high = apart(a.high);
    const __m256i even = _mm256_unpacklo_epi64(low, high), odd = _mm256_unpackhi_epi64(low, high);
    auto* const at = static_cast<char*>(to);
    const auto store = [&](std::int64_t k, __m128i sixteen) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + k * stride), sixteen);
    };
    store(0, _mm256_castsi256_si128(even));
    store(1, _mm256_castsi256_si128(odd));
    store(2, _mm256_extracti128_si256(even, 1));
    store(3, _mm256_extracti128_si256(odd, 1));
  }
  static void store_codes(void* to, I a) {
    _mm256_storeu_si256(static_cast<__m256i*>(to), a.low);
    _mm256_storeu_si256(static_cast<__m256i*>(to) + 1, a.high);
  }
  static I broadcast(std::int32_t value) {
    return {_mm256_set1_epi32(value), _mm256_set1_epi32(value)};
  }
  static I low_nibbles(I a) {
    const __m256i mask = _mm256_set1_epi8(0x0f);
    return {_mm256_and_si256(a.low, mask), _mm256_and_si256(a.high, mask)};
  }
  static I high_nibbles(I a) {
    return low_nibbles({_mm256_srli_epi16(a.low, 4), _mm256_srli_epi16(a.high, 4)});
  }
  /// As they are: sixteen times as large they would overflow the sums of pairs.
  static I upper_codes(I a) { return high_nibbles(a); }
  static I nibbles_up(I a) {
    const __m256i mask = _mm256_set1_epi8(static_cast<char>(0xf0));
    return {_mm256_and_si256(_mm256_slli_epi16(a.low, 4), mask),
            _mm256_and_si256(_mm256_slli_epi16(a.high, 4), mask)};
  }
  template <int pair, int to = 2>
  static I bit_pair(I a) {
    return {bit_pair_of<pair, to>(a.low), bit_pair_of<pair, to>(a.high)};
  }
  template <int low, int high>
  static I bit_pairs(I a) {
    return {bit_pair_of<low, 2>(a.low), bit_pair_of<high, 2>(a.high)};
  }
  template <int bit>
  static I fifth_bit(I a) {
    const __m256i there = _mm256_set1_epi8(0x10);
    if constexpr (bit < 4) {
      return {_mm256_and_si256(_mm256_slli_epi16(a.low, 4 - bit), there),
              _mm256_and_si256(_mm256_slli_epi16(a.high, 4 - bit), there)};
    } else {
      return {_mm256_and_si256(_mm256_srli_epi16(a.low, bit - 4), there),
              _mm256_and_si256(_mm256_srli_epi16(a.high, bit - 4), there)};
    }
  }
  static I either(I a, I b) {
    return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
  }
  static F to_float(I a) { return {_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)}; }

  /// Pairs of products are added in 16 bits: codes of at most 64 cannot overflow them.
  static I dot_unsigned(I sum, I w, I x) {
    return {add_pairs(sum.low, _mm256_maddubs_epi16(w.low, x.low)),
            add_pairs(sum.high, _mm256_maddubs_epi16(w.high, x.high))};
  }
  static constexpr std::int32_t kSignedBias = 0;
  static I prepare_signed(I w) { return w; }
  static I start_signed(I) { return broadcast(0); }
  /// |w| * (x with w's sign): 2 * 128 * 127 still fits 16 bits.
  static I dot_signed(I sum, I w, I x) {
    return {add_pairs(sum.low,
                      _mm256_maddubs_epi16(_mm256_abs_epi8(w.low), _mm256_sign_epi8(x.low, w.low))),
            add_pairs(sum.high, _mm256_maddubs_epi16(_mm256_abs_epi8(w.high),
                                                     _mm256_sign_epi8(x.high, w.high)))};
  }
  template <int k>
  static F signed_nibble(I codes) {
    constexpr int kUp = 28 - 4 * k;
    return {
        _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(codes.low, kUp), 28)),
        _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(codes.high, kUp), 28)),
    };
  }
  /// As f16 a number's bits are the same, the sign one place further up: that makes them 2^-8 of
  /// it.
  template <int k>
  static F e4m3(I codes) {
    const __m256i both = k < 2 ? codes.low : codes.high;
    const __m256i byte = k % 2 == 0 ? _mm256_slli_epi16(both, 8) : both;
    const __m256i half =
        _mm256_and_si256(_mm256_srai_epi16(byte, 1), _mm256_set1_epi16(static_cast<short>(0xbf80)));
    return {_mm256_cvtph_ps(_mm256_castsi256_si128(half)),
            _mm256_cvtph_ps(_mm256_extracti128_si256(half, 1))};
  }

  static void store_codes(std::int8_t* to, F a) {
    const __m256i low = _mm256_cvtps_epi32(a.low), high = _mm256_cvtps_epi32(a.high);
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(to),
        _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
  }
  static std::int32_t sum_codes(F a) {
    const __m256i both = _mm256_add_epi32(_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high));
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
  }
  static void store_f16(void* to, F a) {
    auto* half = static_cast<__m128i*>(to);
    _mm_storeu_si128(half, _mm256_cvtps_ph(a.low, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128(half + 1, _mm256_cvtps_ph(a.high, _MM_FROUND_TO_NEAREST_INT));
  }
  static void prefetch(const void* at) { _mm_prefetch(static_cast<const char*>(at), _MM_HINT_T0); }

 private:
  template <int pair, int to>
  static __m256i bit_pair_of(__m256i a) {
    if constexpr (pair < to) a = _mm256_slli_epi16(a, 2 * (to - pair));
    if constexpr (pair > to) a = _mm256_srli_epi16(a, 2 * (pair - to));
    return _mm256_and_si256(a, _mm256_set1_epi8(static_cast<char>(3 << 2 * to)));
  }
  template <int lane>
  static __m256 spread_lane(F a) {
    return _mm256_permutevar8x32_ps(lane < 8 ? a.low : a.high, _mm256_set1_epi32(lane % 8));
  }
  static __m256 widen_bf16(__m128i half) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
  }
  static __m256 power(__m256 n) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
  }
  static __m256i add_pairs(__m256i sum, __m256i pairs) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

}  // namespace ridgepoint::host

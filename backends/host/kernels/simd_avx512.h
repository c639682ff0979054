// Sixteen lanes on AVX-512 with VNNI. Included by avx512.cpp alone.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "backends/host/kernels/e4m3_halves.h"

namespace ridgepoint::host {

struct Avx512 {
  static constexpr Isa kIsa = Isa::avx512;
  using F = __m512;
  using I = __m512i;
  // Tiles that keep every accumulator in one of 32 registers.
  static constexpr int kStreams = 8;      // rows of plain weights read at once for one activation
  static constexpr int kPlainRows = 4;    // of weights, in a tile of a product of many rows
  static constexpr int kPlainInputs = 6;  // of activations
  static constexpr int kTileStreams =
      4;  // tiles of quantised weights read at once for one activation
  static constexpr int kTiledTiles = 2;  // and rows of activations, of many
  static constexpr int kTiledInputs = 4;
  static constexpr int kBlockStreams = 4;  // rows of blocks read at once for one activation
  static constexpr int kFewStreams = 4;    // and for two or three
  static constexpr int kDirectTiles = 4;   // read at once for few float activations
  static constexpr int kDirectChains = 2;
  static constexpr int kDirectInputs = 4;  // that count as few
  static constexpr int kPanelTiles = 2;    // of decoded weights
  static constexpr int kPanelRows = 12;
  static constexpr int kLeastPanelRows = 64;  // that earn the transposing of plain weights back
  static constexpr int kQueries = 8;          // of attention, by groups of positions
  static constexpr int kQueryGroups = 2;

  static F zero() { return _mm512_setzero_ps(); }
  static F set1(float value) { return _mm512_set1_ps(value); }
  static F load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(float* to, F value) { _mm512_storeu_ps(to, value); }
  static F load_f32(const void* from) { return _mm512_loadu_ps(from); }
  /// rows[i] lane j to rows[j] lane i: in four passes, each of which halves the blocks that are
  /// still in the wrong place.
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
  static void transpose(F (&rows)[16]) {
    I words[16];
    for (int i = 0; i < 16; ++i) words[i] = _mm512_castps_si512(rows[i]);
    transpose(words);
    for (int i = 0; i < 16; ++i) rows[i] = _mm512_castsi512_ps(words[i]);
  }
  static F load_f16(const void* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(from)));
  }
  static F load_bf16(const void* from) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(
        _mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(from))), 16));
  }
  static F load_e4m3(const void* from) {
    return mul(_mm512_cvtph_ps(e4m3_as_halves<Avx512>(from)), set1(256.0F));
  }
  static F load_u8(const void* from) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(from))));
  }
  static F load_s8(const void* from) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(from))));
  }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F div(F a, F b) { return _mm512_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F abs(F a) { return _mm512_abs_ps(a); }
  static F round(F a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// a * 2^n for whole n.
  static F scale_by_power(F a, F n) { return _mm512_scalef_ps(a, n); }
  static float sum(F a) { return _mm512_reduce_add_ps(a); }
  static float largest(F a) { return _mm512_reduce_max_ps(a); }

  static I load_codes(const void* from) { return _mm512_loadu_si512(from); }
  /// 32 bytes each.
  static I load_codes(const void* low, const void* high) {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_loadu_si256(static_cast<const __m256i*>(low))),
        _mm256_loadu_si256(static_cast<const __m256i*>(high)), 1);
  }
  /// One f16 in the low eight lanes, another one in the high ones.
  static F spread_f16(const void* low, const void* high) {
    std::int16_t first = 0, second = 0;
    std::memcpy(&first, low, sizeof first);
    std::memcpy(&second, high, sizeof second);
    return _mm512_cvtph_ps(_mm256_inserti128_si256(_mm256_castsi128_si256(_mm_set1_epi16(first)),
                                                   _mm_set1_epi16(second), 1));
  }
  static F spread(float low, float high) {
    return _mm512_mask_broadcastss_ps(_mm512_set1_ps(low), 0xff00, _mm_set_ss(high));
  }
  static void store_codes(void* to, I a) { _mm512_storeu_si512(to, a); }
  static I broadcast(std::int32_t value) { return _mm512_set1_epi32(value); }
  static I low_nibbles(I a) { return _mm512_and_si512(a, _mm512_set1_epi8(0x0f)); }
  static I high_nibbles(I a) {
    return _mm512_and_si512(_mm512_srli_epi16(a, 4), _mm512_set1_epi8(0x0f));
  }
  /// Bit pair `pair` of each byte, at bits 4 and 5.
  template <int pair>
  static I bit_pair(I a) {
    const I there = _mm512_set1_epi8(0x30);
    if constexpr (pair == 0) return _mm512_and_si512(_mm512_slli_epi16(a, 4), there);
    if constexpr (pair == 1) return _mm512_and_si512(_mm512_slli_epi16(a, 2), there);
    if constexpr (pair == 2) return _mm512_and_si512(a, there);
    if constexpr (pair == 3) return _mm512_and_si512(_mm512_srli_epi16(a, 2), there);
  }
  /// Bit `bit` of each byte, at bit 4.
  template <int bit>
  static I fifth_bit(I a) {
    const I there = _mm512_set1_epi8(0x10);
    if constexpr (bit < 4) return _mm512_and_si512(_mm512_slli_epi16(a, 4 - bit), there);
    if constexpr (bit >= 4) return _mm512_and_si512(_mm512_srli_epi16(a, bit - 4), there);
  }
  static I either(I a, I b) { return _mm512_or_si512(a, b); }
  static F to_float(I a) { return _mm512_cvtepi32_ps(a); }

  /// Adds to each 32-bit lane its four unsigned bytes of `w` times the four signed ones of `x`.
  static I dot_unsigned(I sum, I w, I x) { return _mm512_dpbusd_epi32(sum, w, x); }
  /// Signed weights are turned into unsigned ones by adding 128, which is taken off beforehand.
  static constexpr std::int32_t kSignedBias = 128;
  static I prepare_signed(I w) {
    return _mm512_xor_si512(w, _mm512_set1_epi8(static_cast<char>(0x80)));
  }
  /// What sums of dot_signed with `x` begin with: less what was added beforehand.
  static I start_signed(I x) {
    return _mm512_sub_epi32(
        _mm512_setzero_si512(),
        _mm512_dpbusd_epi32(_mm512_setzero_si512(), prepare_signed(_mm512_setzero_si512()), x));
  }
  static I dot_signed(I sum, I prepared, I x) { return _mm512_dpbusd_epi32(sum, prepared, x); }
  /// Number k of the eight of four bits in each lane, two's complement, from the lowest on. To be
  /// taken in order: they move down on the way.
  template <int k>
  static F signed_nibble(I& codes) {
    if constexpr (k > 0 && k % 3 == 0) codes = _mm512_srli_epi32(codes, 12);
    if constexpr (k % 3 == 0) {
      return lowest_nibble(codes);
    } else {
      return nibble_at<k % 3 * 4>(codes);
    }
  }
  /// Input k of a vector of TileForm::e4m3. As f16 a number's bits are the same, the sign one place
  /// further up: that makes them 2^-8 of it, subnormal ones too.
  template <int k>
  static F e4m3(I codes) {
    // The upper byte of each lane.
    const I byte = k % 2 == 0 ? _mm512_slli_epi16(codes, 8) : codes;
    const I half =
        _mm512_and_si512(_mm512_srai_epi16(byte, 1), _mm512_set1_epi16(static_cast<short>(0xbf80)));
    return _mm512_cvtph_ps(k < 2 ? _mm512_castsi512_si256(half)
                                 : _mm512_extracti64x4_epi64(half, 1));
  }

  static void store_codes(std::int8_t* to, F a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(a)));
  }
  static std::int32_t sum_codes(F a) { return _mm512_reduce_add_epi32(_mm512_cvtps_epi32(a)); }
  static void store_f16(void* to, F a) {
    _mm256_storeu_si256(static_cast<__m256i*>(to), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
  }
  static void prefetch(const void* at) { _mm_prefetch(static_cast<const char*>(at), _MM_HINT_T0); }

 private:
  // Two ways to a nibble's number, so that the work is spread over all ports.
  /// A permutation takes nothing but the low four bits of its indices.
  static F lowest_nibble(I a) {
    return _mm512_permutexvar_ps(
        a, _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1));
  }
  /// As mantissa of a float whose unit is its lowest bit, then less what the exponent brought in.
  template <int bit>
  static F nibble_at(I a) {
    constexpr std::int32_t kUnit = (127 + 23 - bit) << 23;
    // (a & nibble) ^ (unit, other sign): of two's complement, 8 more.
    const I number = _mm512_ternarylogic_epi32(a, _mm512_set1_epi32(15 << bit),
                                               _mm512_set1_epi32(kUnit | 8 << bit), 0x6a);
    return _mm512_sub_ps(_mm512_castsi512_ps(number),
                         _mm512_set1_ps(static_cast<float>((1 << (23 - bit)) + 8)));
  }
};

}  // namespace ridgepoint::host

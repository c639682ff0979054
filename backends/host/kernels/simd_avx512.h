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
  /// What the super-blocks of q4_K at which some rows are say of their blocks' factors: d * s of
  /// block b in lane b, m * t in lane 8 + b.
  template <int R>
  static void q4_k_factors(const std::uint8_t* row, std::int64_t stride, F (&factors)[R]) {
    constexpr int kTogether = R < 4 ? R : 4;
    static_assert(R % kTogether == 0);
    for (int r = 0; r < R; r += kTogether, row += kTogether * stride) {
      // Of each row four words: d and m, and the twelve bytes of factors.
      I heads = _mm512_castsi128_si512(first_words(row));
      if constexpr (R > 1) heads = _mm512_inserti32x4(heads, first_words(row + stride), 1);
      if constexpr (R > 2) heads = _mm512_inserti32x4(heads, first_words(row + 2 * stride), 2);
      if constexpr (R > 3) heads = _mm512_inserti32x4(heads, first_words(row + 3 * stride), 3);
      const F halves = _mm512_castps256_ps512(_mm256_cvtph_ps(_mm512_castsi512_si128(
          _mm512_permutexvar_epi32(each_row(_mm_setr_epi32(0, 4, 8, 12)), heads))));
      const I bytes = q4_k_bytes(heads);
      factors[r] = mul(bytes_to_float(_mm512_castsi512_si128(bytes)), spread_lanes<0, 1>(halves));
      if constexpr (R > 1) {
        factors[r + 1] =
            mul(bytes_to_float(_mm512_extracti32x4_epi32(bytes, 1)), spread_lanes<2, 3>(halves));
      }
      if constexpr (R > 2) {
        factors[r + 2] =
            mul(bytes_to_float(_mm512_extracti32x4_epi32(bytes, 2)), spread_lanes<4, 5>(halves));
      }
      if constexpr (R > 3) {
        factors[r + 3] =
            mul(bytes_to_float(_mm512_extracti32x4_epi32(bytes, 3)), spread_lanes<6, 7>(halves));
      }
    }
  }
  /// For blocks of q4_K: eight scales in the low lanes, for codes as low_nibbles and upper_codes
  /// give them in turn; in the high ones less each scale times the sum of two sums.
  static F scales_and_offsets(const float* scales, const std::int32_t* sums) {
    constexpr float kUnit = 1 / kUpperCodes;
    const I both = _mm512_loadu_si512(sums);
    const __m256i totals =
        _mm512_cvtepi64_epi32(_mm512_add_epi32(both, _mm512_srli_epi64(both, 32)));
    const __m256 each = _mm256_loadu_ps(scales);
    const __m256 less = _mm256_sub_ps(_mm256_setzero_ps(), each);
    const __m256 units = _mm256_setr_ps(1, kUnit, 1, kUnit, 1, kUnit, 1, kUnit);
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_mul_ps(each, units)),
                              _mm256_mul_ps(less, _mm256_cvtepi32_ps(totals)), 1);
  }
  /// Eight floats, each in two neighbouring lanes.
  static F twice(const float* from) {
    return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7),
                                 _mm512_castps256_ps512(_mm256_loadu_ps(from)));
  }
  /// Lane `low` in the low eight lanes, lane `high` in the others.
  template <int low, int high>
  static F spread_lanes(F a) {
    return _mm512_permutexvar_ps(_mm512_setr_epi32(low, low, low, low, low, low, low, low, high,
                                                   high, high, high, high, high, high, high),
                                 a);
  }
  /// Lanes 4 * quarter and on, each in four neighbouring ones.
  template <int quarter>
  static F four_times(F a) {
    constexpr int k = 4 * quarter;
    return _mm512_permutexvar_ps(_mm512_setr_epi32(k, k, k, k, k + 1, k + 1, k + 1, k + 1, k + 2,
                                                   k + 2, k + 2, k + 2, k + 3, k + 3, k + 3, k + 3),
                                 a);
  }
  /// a, and b in the high eight lanes.
  static F add_high(F a, F b) { return _mm512_mask_add_ps(a, 0xff00, a, b); }
  static void store_codes(void* to, I a) { _mm512_storeu_si512(to, a); }
  /// Byte k of every lane, one after the other, to k * stride.
  static void store_bytes(void* to, std::int64_t stride, I a) {
    const I apart =
        _mm512_shuffle_epi8(a, _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6,
                                                                    10, 14, 3, 7, 11, 15)));
    const I bytes = _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), apart);
    auto* const at = static_cast<char*>(to);
    const auto store = [&](std::int64_t k, __m128i sixteen) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + k * stride), sixteen);
    };
    store(0, _mm512_castsi512_si128(bytes));
    store(1, _mm512_extracti32x4_epi32(bytes, 1));
    store(2, _mm512_extracti32x4_epi32(bytes, 2));
    store(3, _mm512_extracti32x4_epi32(bytes, 3));
  }
  static I broadcast(std::int32_t value) { return _mm512_set1_epi32(value); }
  static I low_nibbles(I a) { return _mm512_and_si512(a, _mm512_set1_epi8(0x0f)); }
  static I high_nibbles(I a) {
    return _mm512_and_si512(_mm512_srli_epi16(a, 4), _mm512_set1_epi8(0x0f));
  }
  /// The high nibbles where they are, as numbers kUpperCodes times as large.
  static I upper_codes(I a) { return _mm512_andnot_si512(_mm512_set1_epi8(0x0f), a); }
  static constexpr float kUpperCodes = 16;
  /// Each byte's low four bits as its high ones, above zeros.
  static I nibbles_up(I a) {
    return _mm512_and_si512(_mm512_slli_epi16(a, 4), _mm512_set1_epi8(static_cast<char>(0xf0)));
  }
  /// Bit pair `pair` of each byte, as its pair `to` among zeros.
  template <int pair, int to = 2>
  static I bit_pair(I a) {
    const I there = _mm512_set1_epi8(static_cast<char>(3 << 2 * to));
    if constexpr (pair < to) a = _mm512_slli_epi16(a, 2 * (to - pair));
    if constexpr (pair > to) a = _mm512_srli_epi16(a, 2 * (pair - to));
    return _mm512_and_si512(a, there);
  }
  /// Bit pair `low` of each of the low 32 bytes and `high` of the others, at bits 4 and 5.
  template <int low, int high>
  static I bit_pairs(I a) {
    static_assert((low < 2) == (high < 2));
    constexpr int kLow = low < 2 ? 4 - 2 * low : 2 * low - 4;
    constexpr int kHigh = high < 2 ? 4 - 2 * high : 2 * high - 4;
    const I by = _mm512_inserti64x4(_mm512_set1_epi16(kLow), _mm256_set1_epi16(kHigh), 1);
    return _mm512_and_si512(low < 2 ? _mm512_sllv_epi16(a, by) : _mm512_srlv_epi16(a, by),
                            _mm512_set1_epi8(0x30));
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
  static __m128i first_words(const std::uint8_t* row) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
  }
  static I each_row(__m128i words) { return _mm512_broadcast_i32x4(words); }
  static F bytes_to_float(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)); }
  /// Of words d and m, a, b and c the factors as bytes: s of eight blocks, then t of them. Those of
  /// the first four blocks are six bits of a and of b; the others' have four bits in c, s in its
  /// low nibbles, below two bits that a and b have left.
  static I q4_k_bytes(I heads) {
    const I aabb = _mm512_shuffle_epi32(heads, static_cast<_MM_PERM_ENUM>(0xa5));
    const I cccc = _mm512_shuffle_epi32(heads, static_cast<_MM_PERM_ENUM>(0xff));
    const I from_ab =
        _mm512_and_si512(_mm512_srlv_epi32(aabb, each_row(_mm_setr_epi32(0, 2, 0, 2))),
                         each_row(_mm_setr_epi32(0x3f3f3f3f, 0x30303030, 0x3f3f3f3f, 0x30303030)));
    const I from_c = _mm512_and_si512(_mm512_srlv_epi32(cccc, each_row(_mm_setr_epi32(0, 0, 0, 4))),
                                      each_row(_mm_setr_epi32(0, 0x0f0f0f0f, 0, 0x0f0f0f0f)));
    return _mm512_or_si512(from_ab, from_c);
  }
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

// Sixteen lanes as an array, for any CPU: what the vector kernels mean, and what they are tested
// against. Included by scalar.cpp alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "workloads/tensor/convert.h"
#include "workloads/tensor/fp8.h"

namespace ridgepoint::host {

struct Scalar {
  static constexpr Isa kIsa = Isa::scalar;
  static constexpr int kLanes = 16;
  struct F {
    float lane[kLanes];
  };
  struct I {
    std::uint8_t byte[4 * kLanes];
  };
  static constexpr int kStreams = 2;
  static constexpr int kPlainRows = 2;
  static constexpr int kPlainInputs = 1;
  static constexpr int kTileStreams = 1;
  static constexpr int kTiledTiles = 1;  // and rows of activations, of many
  static constexpr int kTiledInputs = 1;
  static constexpr int kBlockStreams = 1;  // rows of blocks read at once for one activation
  static constexpr int kFewStreams = 1;    // and for two or three
  static constexpr int kDirectTiles = 1;
  static constexpr int kDirectChains = 1;
  static constexpr int kDirectInputs = 2;
  static constexpr int kPanelTiles = 1;
  static constexpr int kPanelRows = 2;
  static constexpr int kLeastPanelRows = 64;  // that earn the transposing of plain weights back
  static constexpr int kQueries = 2;          // of attention, by groups of positions
  static constexpr int kQueryGroups = 1;

  template <typename Function>
  static F each(Function function) {
    F result;
    for (int i = 0; i < kLanes; ++i) result.lane[i] = function(i);
    return result;
  }
  static F zero() { return set1(0.0F); }
  static F set1(float value) {
    return each([&](int) { return value; });
  }
  static F load(const float* from) {
    return each([&](int i) { return from[i]; });
  }
  static void store(float* to, F value) {
    for (int i = 0; i < kLanes; ++i) to[i] = value.lane[i];
  }
  static F load_f32(const void* from) {
    F result;
    std::memcpy(result.lane, from, sizeof result.lane);
    return result;
  }
  /// rows[i] lane j to rows[j] lane i.
  static void transpose(F (&rows)[16]) {
    for (int i = 0; i < 16; ++i) {
      for (int j = 0; j < i; ++j) std::swap(rows[i].lane[j], rows[j].lane[i]);
    }
  }
  static void transpose(I (&rows)[16]) {
    for (int i = 0; i < 16; ++i) {
      for (int j = 0; j < i; ++j) {
        std::swap_ranges(rows[i].byte + 4 * j, rows[i].byte + 4 * j + 4, rows[j].byte + 4 * i);
      }
    }
  }
  static F load_f16(const void* from) {
    return each([&](int i) { return f16_to_float(half(from, i)); });
  }
  static F load_bf16(const void* from) {
    return each([&](int i) { return bf16_to_float(half(from, i)); });
  }
  static F load_e4m3(const void* from) {
    return each([&](int i) { return e4m3_to_float(static_cast<const std::uint8_t*>(from)[i]); });
  }
  static F load_u8(const void* from) {
    return each(
        [&](int i) { return static_cast<float>(static_cast<const std::uint8_t*>(from)[i]); });
  }
  static F load_s8(const void* from) {
    return each(
        [&](int i) { return static_cast<float>(static_cast<const std::int8_t*>(from)[i]); });
  }
  static F add(F a, F b) {
    return each([&](int i) { return a.lane[i] + b.lane[i]; });
  }
  static F sub(F a, F b) {
    return each([&](int i) { return a.lane[i] - b.lane[i]; });
  }
  static F mul(F a, F b) {
    return each([&](int i) { return a.lane[i] * b.lane[i]; });
  }
  static F div(F a, F b) {
    return each([&](int i) { return a.lane[i] / b.lane[i]; });
  }
  static F fma(F a, F b, F c) {
    return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
  }
  static F max(F a, F b) {
    return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static F min(F a, F b) {
    return each([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static F abs(F a) {
    return each([&](int i) { return std::fabs(a.lane[i]); });
  }
  static F round(F a) {
    return each([&](int i) { return std::nearbyint(a.lane[i]); });
  }
  static F scale_by_power(F a, F n) {
    return each([&](int i) { return std::ldexp(a.lane[i], static_cast<int>(n.lane[i])); });
  }
  static float sum(F a) {
    float total = 0;
    for (const float value : a.lane) total += value;
    return total;
  }
  static float largest(F a) { return *std::max_element(a.lane, a.lane + kLanes); }

  static I load_codes(const void* from) {
    I result;
    std::memcpy(result.byte, from, sizeof result.byte);
    return result;
  }
  /// 32 bytes each.
  static I load_codes(const void* low, const void* high) {
    I result;
    std::memcpy(result.byte, low, 32);
    std::memcpy(result.byte + 32, high, 32);
    return result;
  }
  /// One f16 in the low eight lanes, another one in the high ones.
  static F spread_f16(const void* low, const void* high) {
    return spread(f16_to_float(half(low, 0)), f16_to_float(half(high, 0)));
  }
  static F spread(float low, float high) {
    return each([&](int i) { return i < kLanes / 2 ? low : high; });
  }
  /// What the super-blocks of q4_K at which some rows are say of their blocks' factors: d * s of
  /// block b in lane b, m * t in lane 8 + b.
  template <int R>
  static void q4_k_factors(const std::uint8_t* row, std::int64_t stride, F (&factors)[R]) {
    for (int r = 0; r < R; ++r, row += stride) {
      const std::uint8_t* const packed = row + 4;
      const auto factor = [&](int i) {
        const int b = i % 8, nibble = i < 8 ? 0 : 4;
        const int low = b < 4 ? packed[b + nibble] & 63 : packed[b + 4] >> nibble & 15;
        const int high = b < 4 ? 0 : packed[b - 4 + nibble] >> 6 << 4;
        return static_cast<float>(low | high);
      };
      factors[r] = mul(each(factor), spread_f16(row, row + 2));
    }
  }
  /// Eight scales in the low lanes; in the high ones less each times the sum of two sums.
  static F scales_and_offsets(const float* scales, const std::int32_t* sums) {
    return each([&](int i) {
      const int b = i % 8;
      return i < 8 ? scales[b] : -scales[b] * static_cast<float>(sums[2 * b] + sums[2 * b + 1]);
    });
  }
  /// Eight floats, each in two neighbouring lanes.
  static F twice(const float* from) {
    return each([&](int i) { return from[i / 2]; });
  }
  /// Lane `low` in the low eight lanes, lane `high` in the others.
  template <int low, int high>
  static F spread_lanes(const F& a) {
    return spread(a.lane[low], a.lane[high]);
  }
  /// Lanes 4 * quarter and on, each in four neighbouring ones.
  template <int quarter>
  static F four_times(const F& a) {
    return each([&](int i) { return a.lane[4 * quarter + i / 4]; });
  }
  /// a, and b in the high eight lanes.
  static F add_high(const F& a, const F& b) {
    return each([&](int i) { return i < kLanes / 2 ? a.lane[i] : a.lane[i] + b.lane[i]; });
  }
  /// Byte k of every lane, one after the other, to k * stride.
  static void store_bytes(void* to, std::int64_t stride, const I& a) {
    for (int i = 0; i < kLanes; ++i) {
      for (int k = 0; k < 4; ++k)
        static_cast<std::uint8_t*>(to)[k * stride + i] = a.byte[4 * i + k];
    }
  }
  static void store_codes(void* to, const I& a) { std::memcpy(to, a.byte, sizeof a.byte); }
  static I broadcast(std::int32_t value) {
    I result;
    for (int i = 0; i < kLanes; ++i) std::memcpy(result.byte + 4 * i, &value, 4);
    return result;
  }
  static I low_nibbles(I a) {
    for (auto& byte : a.byte) byte = static_cast<std::uint8_t>(byte & 0x0f);
    return a;
  }
  static I high_nibbles(I a) {
    for (auto& byte : a.byte) byte = static_cast<std::uint8_t>(byte >> 4);
    return a;
  }
  static I upper_codes(const I& a) { return high_nibbles(a); }
  static I nibbles_up(I a) {
    for (auto& byte : a.byte) byte = static_cast<std::uint8_t>(byte << 4);
    return a;
  }
  template <int pair, int to = 2>
  static I bit_pair(I a) {
    for (auto& byte : a.byte) byte = static_cast<std::uint8_t>((byte >> 2 * pair & 3) << 2 * to);
    return a;
  }
  template <int low, int high>
  static I bit_pairs(I a) {
    for (int i = 0; i < 4 * kLanes; ++i) {
      const int down = 2 * (i < 2 * kLanes ? low : high);
      a.byte[i] = static_cast<std::uint8_t>((a.byte[i] >> down & 3) << 4);
    }
    return a;
  }
  template <int bit>
  static I fifth_bit(I a) {
    for (auto& byte : a.byte) byte = static_cast<std::uint8_t>(((byte >> bit) & 1) << 4);
    return a;
  }
  static I either(I a, I b) {
    for (int i = 0; i < 4 * kLanes; ++i)
      a.byte[i] = static_cast<std::uint8_t>(a.byte[i] | b.byte[i]);
    return a;
  }
  static F to_float(I a) {
    return each([&](int i) { return static_cast<float>(word(a, i)); });
  }
  static I dot_unsigned(I sum, I w, I x) {
    return dot(sum, x, [&](int i) { return static_cast<std::int32_t>(w.byte[i]); });
  }
  static constexpr std::int32_t kSignedBias = 0;
  static I prepare_signed(I w) { return w; }
  static I start_signed(I) { return broadcast(0); }
  static I dot_signed(I sum, I w, I x) {
    return dot(sum, x, [&](int i) {
      return static_cast<std::int32_t>(static_cast<std::int8_t>(w.byte[i]));
    });
  }
  template <int k>
  static F signed_nibble(const I& codes) {
    return each([&](int i) {
      const int nibble = codes.byte[4 * i + k / 2] >> (k % 2 * 4) & 15;
      return static_cast<float>((nibble ^ 8) - 8);
    });
  }
  template <int k>
  static F e4m3(const I& codes) {
    return each([&](int i) {
      const std::int32_t bits = codes.byte[32 * (k / 2) + 2 * i + k % 2];
      return f16_to_float(static_cast<std::uint16_t>((bits & 0x80) << 8 | (bits & 0x7f) << 7));
    });
  }

  static void store_codes(std::int8_t* to, F a) {
    for (int i = 0; i < kLanes; ++i) to[i] = static_cast<std::int8_t>(std::nearbyint(a.lane[i]));
  }
  static std::int32_t sum_codes(F a) {
    std::int32_t total = 0;
    for (const float value : a.lane) total += static_cast<std::int32_t>(std::nearbyint(value));
    return total;
  }
  static void store_f16(void* to, F a) {
    for (int i = 0; i < kLanes; ++i) {
      const std::uint16_t bits = float_to_f16(a.lane[i]);
      std::memcpy(static_cast<std::byte*>(to) + 2 * i, &bits, 2);
    }
  }
  static void prefetch(const void*) {}

 private:
  static std::uint16_t half(const void* from, int i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, static_cast<const std::byte*>(from) + 2 * i, 2);
    return bits;
  }
  static std::int32_t word(const I& a, int i) {
    std::int32_t value = 0;
    std::memcpy(&value, a.byte + 4 * i, 4);
    return value;
  }
  template <typename Weight>
  static I dot(I sum, const I& x, Weight weight) {
    for (int i = 0; i < kLanes; ++i) {
      std::int32_t total = word(sum, i);
      for (int b = 4 * i; b < 4 * i + 4; ++b) {
        total += weight(b) * static_cast<std::int32_t>(static_cast<std::int8_t>(x.byte[b]));
      }
      std::memcpy(sum.byte + 4 * i, &total, 4);
    }
    return sum;
  }
};

}  // namespace ridgepoint::host

// Packing of panels (panels.h) on any CPU: what pairs_avx512.h means.
#pragma once

#include "backends/host/kernels/simd_scalar.h"

namespace ridgepoint::host {

struct ScalarPairs : Scalar {
  static void store_words(void* to, const I& words) { std::memcpy(to, words.byte, 64); }
  /// Rounded to the nearest bf16, even on ties.
  static F rounded(const F& a) {
    return each([&](int i) { return bf16_to_float(float_to_bf16(a.lane[i])); });
  }
  /// Each lane's two elements, rounded to bf16, in one word; `even` below.
  static I pair(const F& even, const F& odd) {
    I result;
    for (int i = 0; i < kLanes; ++i) {
      put(result, 2 * i, even.lane[i]);
      put(result, 2 * i + 1, odd.lane[i]);
    }
    return result;
  }
  /// Thirty-two elements, rounded to bf16, one after the other.
  static I narrow(const F& first, const F& second) {
    I result;
    for (int i = 0; i < kLanes; ++i) {
      put(result, i, first.lane[i]);
      put(result, kLanes + i, second.lane[i]);
    }
    return result;
  }
  template <int which>
  static F byte_of(const I& a) {
    return each([&](int i) { return static_cast<float>(a.byte[4 * i + which]); });
  }
  template <int which>
  static F signed_byte_of(const I& a) {
    return each(
        [&](int i) { return static_cast<float>(static_cast<std::int8_t>(a.byte[4 * i + which])); });
  }

 private:
  static void put(I& words, int at, float value) {
    const std::uint16_t bits = float_to_bf16(value);
    std::memcpy(words.byte + 2 * at, &bits, sizeof bits);
  }
};

}  // namespace ridgepoint::host

#include "workloads/tensor/k_quants.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "workloads/tensor/convert.h"
#include "workloads/tensor/rounding.h"
#include "workloads/tensor/type.h"
#include "workloads/tensor/unaligned.h"

namespace ridgepoint {

namespace {

// Encoding minimises the weighted square error of each sub-block, sum of w (x - x')^2 with
// w = rms + |x|: large weights carry more of a product, small ones must not be given up. It goes in
// two steps. For each sub-block by itself: from several step sizes around the one that just covers
// the range, codes by rounding, then the scale (and minimum) that fit these codes best, which is a
// linear least-squares problem with a closed solution; the best candidate stays. Then the scales of
// all sub-blocks are rounded to multiples of what the super-block can express, and each sub-block
// tries the multiples around its own with codes chosen anew.
//
// Sums run in eight lanes and their order is fixed, and this file is compiled without fused
// multiply-adds (workloads/CMakeLists.txt), so the bits are the same on every processor.

constexpr std::size_t kQ4Sub = 32;
constexpr std::size_t kQ6Sub = 16;
constexpr std::size_t kQ4Subs = kSuperBlock / kQ4Sub;
constexpr std::size_t kQ6Subs = kSuperBlock / kQ6Sub;

// ---- decoding ----

struct Q4Factors {
  std::array<std::uint8_t, kQ4Subs> scales, minimums;
};

Q4Factors unpack_factors(const std::byte* packed) {
  std::array<std::uint8_t, 12> bytes;
  std::memcpy(bytes.data(), packed, bytes.size());
  Q4Factors factors;
  for (std::size_t j = 0; j < 4; ++j) {
    factors.scales[j] = static_cast<std::uint8_t>(bytes[j] & 63U);
    factors.minimums[j] = static_cast<std::uint8_t>(bytes[j + 4] & 63U);
    factors.scales[j + 4] =
        static_cast<std::uint8_t>((bytes[j + 8] & 15U) | ((unsigned{bytes[j]} >> 6U) << 4U));
    factors.minimums[j + 4] = static_cast<std::uint8_t>((unsigned{bytes[j + 8]} >> 4U) |
                                                        ((unsigned{bytes[j + 4]} >> 6U) << 4U));
  }
  return factors;
}

void pack_factors(const Q4Factors& factors, std::byte* packed) {
  std::array<std::uint8_t, 12> bytes;
  for (std::size_t j = 0; j < 4; ++j) {
    const unsigned scale = factors.scales[j + 4], minimum = factors.minimums[j + 4];
    bytes[j] = static_cast<std::uint8_t>(factors.scales[j] | ((scale >> 4U) << 6U));
    bytes[j + 4] = static_cast<std::uint8_t>(factors.minimums[j] | ((minimum >> 4U) << 6U));
    bytes[j + 8] = static_cast<std::uint8_t>((scale & 15U) | ((minimum & 15U) << 4U));
  }
  std::memcpy(packed, bytes.data(), bytes.size());
}

// ---- encoding ----

/// Four floats that the compiler keeps in one register, on any processor.
using Four = float __attribute__((vector_size(16)));

Four load_four(const float* from) {
  Four four;
  std::memcpy(&four, from, sizeof four);
  return four;
}

Four each_four(float value) {
  return Four{value, value, value, value};
}

// One instruction on x86 for what the compiler makes four of; the same for NaN and for signed
// zeros.
#if defined(__SSE2__)
Four larger(Four a, Four b) {
  return _mm_max_ps(a, b);
}
Four smaller(Four a, Four b) {
  return _mm_min_ps(a, b);
}
#else
Four larger(Four a, Four b) {
  return a > b ? a : b;
}
Four smaller(Four a, Four b) {
  return a < b ? a : b;
}
#endif

/// Eight partial sums, added up in a fixed order.
struct Lanes {
  Four low{}, high{};
  [[nodiscard]] float total() const {
    const Four sum = low + high;
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
  }
};

/// What codes may be.
struct CodeRange {
  float least, most;
};
constexpr CodeRange kQ4Codes{0.0F, 15.0F};
constexpr CodeRange kQ6Codes{-32.0F, 31.0F};

/// Codes are the whole numbers nearest to x * factor + shift.
struct Coding {
  float factor, shift;
};

Four codes_of(Four x, Coding coding, CodeRange range) {
  const Four value = x * each_four(coding.factor) + each_four(coding.shift);
  const Four within = smaller(larger(value, each_four(range.least)), each_four(range.most));
  return (within + kRoundingShift) - kRoundingShift;
}

/// Weighted sums over a sub-block that do not depend on codes.
template <std::size_t N>
struct SubBlock {
  const float* x = nullptr;
  std::array<float, N> weight{};
  float sum_w = 0.0F, sum_wx = 0.0F, sum_wxx = 0.0F;

  void read(const float* source) {
    x = source;
    Lanes squares;
    for (std::size_t i = 0; i < N; i += 8) {
      squares.low += load_four(x + i) * load_four(x + i);
      squares.high += load_four(x + i + 4) * load_four(x + i + 4);
    }
    const float rms = std::sqrt(squares.total() / static_cast<float>(N));
    for (std::size_t i = 0; i < N; ++i) weight[i] = rms + std::fabs(x[i]);
    Lanes w, wx, wxx;
    const auto add = [&](std::size_t i, Four& to_w, Four& to_wx, Four& to_wxx) {
      const Four each = load_four(weight.data() + i), product = each * load_four(x + i);
      to_w += each;
      to_wx += product;
      to_wxx += product * load_four(x + i);
    };
    for (std::size_t i = 0; i < N; i += 8) {
      add(i, w.low, wx.low, wxx.low);
      add(i + 4, w.high, wx.high, wxx.high);
    }
    sum_w = w.total();
    sum_wx = wx.total();
    sum_wxx = wxx.total();
  }
};

/// Weighted sums over the codes l of a sub-block.
struct CodeSums {
  float l, ll, lx;
};

template <std::size_t N>
CodeSums sums_of_codes(const SubBlock<N>& block, Coding coding, CodeRange range) {
  Lanes l, ll, lx;
  const auto add = [&](std::size_t i, Four& to_l, Four& to_ll, Four& to_lx) {
    const Four x = load_four(block.x + i);
    const Four code = codes_of(x, coding, range);
    const Four weighted = load_four(block.weight.data() + i) * code;
    to_l += weighted;
    to_ll += weighted * code;
    to_lx += weighted * x;
  };
  for (std::size_t i = 0; i < N; i += 8) {
    add(i, l.low, ll.low, lx.low);
    add(i + 4, l.high, ll.high, lx.high);
  }
  return {l.total(), ll.total(), lx.total()};
}

/// Counted from the least.
template <std::size_t N>
void write_codes(const SubBlock<N>& block, Coding coding, CodeRange range, std::int32_t* codes) {
  using FourWhole = std::int32_t __attribute__((vector_size(16)));
  for (std::size_t i = 0; i < N; i += 4) {
    const Four four = codes_of(load_four(block.x + i), coding, range) - each_four(range.least);
    const auto whole = __builtin_convertvector(four, FourWhole);
    std::memcpy(codes + i, &whole, sizeof whole);
  }
}

// What a difference of such sums may be off by, as a share of sum_wxx. Candidates are tried from
// the plainest on, so that what can be expressed exactly is.
constexpr float kNoise = 1e-6F;

/// x' = scale * code - minimum, neither negative.
struct Q4Fit {
  float scale = 0.0F, minimum = 0.0F;
};

float q4_error(const SubBlock<kQ4Sub>& block, const CodeSums& sums, const Q4Fit& fit) {
  // Sum of w (x - scale l + minimum)^2.
  return block.sum_wxx +
         fit.scale * (fit.scale * sums.ll - 2.0F * sums.lx - 2.0F * fit.minimum * sums.l) +
         fit.minimum * (2.0F * block.sum_wx + fit.minimum * block.sum_w);
}

/// The best scale and minimum for given codes.
Q4Fit q4_least_squares(const SubBlock<kQ4Sub>& block, const CodeSums& sums) {
  const float determinant = block.sum_w * sums.ll - sums.l * sums.l;
  Q4Fit fit;
  if (determinant > 0.0F) {
    fit.scale = (block.sum_w * sums.lx - block.sum_wx * sums.l) / determinant;
    fit.minimum = (sums.l * sums.lx - sums.ll * block.sum_wx) / determinant;
  }
  if (!(determinant > 0.0F) || fit.minimum < 0.0F) {
    fit = {sums.ll > 0.0F ? sums.lx / sums.ll : 0.0F, 0.0F};
  }
  fit.scale = std::max(fit.scale, 0.0F);
  return fit;
}

Q4Fit fit_q4(const SubBlock<kQ4Sub>& block) {
  float lowest = 0.0F, highest = block.x[0];
  for (std::size_t i = 0; i < kQ4Sub; ++i) {
    lowest = block.x[i] < lowest ? block.x[i] : lowest;
    highest = block.x[i] > highest ? block.x[i] : highest;
  }
  const float range = highest - lowest;
  if (!(inverse_or_zero(range) > 0.0F)) return {0.0F, -lowest};
  Q4Fit best{range / 15.0F, -lowest};
  float least_error = INFINITY;
  const float noise = kNoise * block.sum_wxx;
  for (const float more : {0.0F, -0.25F, 0.25F, -0.5F, 0.5F, -0.75F, 0.75F, -1.0F, 1.0F}) {
    const float factor = (15.0F + more) / range;
    const CodeSums sums = sums_of_codes(block, {factor, -lowest * factor}, kQ4Codes);
    const Q4Fit fit = q4_least_squares(block, sums);
    const float error = q4_error(block, sums, fit);
    if (error < least_error - noise) {
      least_error = error;
      best = fit;
    }
  }
  return best;
}

/// x' = scale * code, code -32..31.
float fit_q6(const SubBlock<kQ6Sub>& block) {
  float extreme = 0.0F;
  for (std::size_t i = 0; i < kQ6Sub; ++i) {
    extreme = std::fabs(block.x[i]) > std::fabs(extreme) ? block.x[i] : extreme;
  }
  if (inverse_or_zero(extreme) == 0.0F) return 0.0F;
  float best = extreme / -32.0F, largest_gain = 0.0F;
  const float noise = kNoise * block.sum_wxx;
  for (const float more : {0.0F, -0.5F, 0.5F, -1.0F, 1.0F}) {
    const float factor = -(32.0F + more) / extreme;
    const CodeSums sums = sums_of_codes(block, {factor, 0.0F}, kQ6Codes);
    // The error is sum_wxx - lx^2 / ll at the best scale, lx / ll.
    const float gain = sums.ll > 0.0F ? sums.lx * (sums.lx / sums.ll) : 0.0F;
    if (gain > largest_gain + noise) {
      largest_gain = gain;
      best = sums.lx / sums.ll;
    }
  }
  return best;
}

/// What float16 makes of a number, and nothing infinite.
std::uint16_t to_half(float value) {
  constexpr float kLargest = 65504.0F;
  return float_to_f16(std::clamp(std::isfinite(value) ? value : 0.0F, -kLargest, kLargest));
}

}  // namespace

void q4_k_to_float(const std::byte* block, float* target) {
  const float d = f16_to_float(load_unaligned<std::uint16_t>(block));
  const float dmin = f16_to_float(load_unaligned<std::uint16_t>(block + 2));
  const Q4Factors factors = unpack_factors(block + 4);
  std::array<std::uint8_t, kSuperBlock / 2> codes;
  std::memcpy(codes.data(), block + 16, codes.size());
  for (std::size_t j = 0; j < kQ4Subs; ++j) {
    const float scale = d * static_cast<float>(factors.scales[j]);
    const float minimum = dmin * static_cast<float>(factors.minimums[j]);
    const unsigned shift = j % 2 == 0 ? 0U : 4U;
    for (std::size_t i = 0; i < kQ4Sub; ++i) {
      const auto code = static_cast<std::int32_t>((codes[j / 2 * kQ4Sub + i] >> shift) & 15U);
      target[j * kQ4Sub + i] = scale * static_cast<float>(code) - minimum;
    }
  }
}

void q6_k_to_float(const std::byte* block, float* target) {
  std::array<std::uint8_t, kSuperBlock / 2> low;
  std::array<std::uint8_t, kSuperBlock / 4> high;
  std::array<std::int8_t, kQ6Subs> scales;
  std::memcpy(low.data(), block, low.size());
  std::memcpy(high.data(), block + 128, high.size());
  std::memcpy(scales.data(), block + 192, scales.size());
  const float d = f16_to_float(load_unaligned<std::uint16_t>(block + 208));
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t k = 0; k < 4; ++k) {
      for (std::size_t i = 0; i < 32; ++i) {
        const unsigned lower = (low[64 * half + 32 * (k % 2) + i] >> (k < 2 ? 0U : 4U)) & 15U;
        const unsigned upper = (high[32 * half + i] >> (2 * k)) & 3U;
        const auto code = static_cast<std::int32_t>(lower | (upper << 4U)) - 32;
        const std::size_t at = 128 * half + 32 * k + i;
        const float scale = d * static_cast<float>(scales[at / kQ6Sub]);
        target[at] = scale * static_cast<float>(code);
      }
    }
  }
}

void float_to_q4_k(const float* source, std::byte* block) {
  std::array<SubBlock<kQ4Sub>, kQ4Subs> subs;
  std::array<Q4Fit, kQ4Subs> fits;
  Q4Fit largest;
  for (std::size_t j = 0; j < kQ4Subs; ++j) {
    subs[j].read(source + j * kQ4Sub);
    fits[j] = fit_q4(subs[j]);
    largest.scale = std::max(largest.scale, fits[j].scale);
    largest.minimum = std::max(largest.minimum, fits[j].minimum);
  }
  const std::uint16_t d_bits = to_half(largest.scale / 63.0F);
  const std::uint16_t dmin_bits = to_half(largest.minimum / 63.0F);
  const float d = f16_to_float(d_bits), dmin = f16_to_float(dmin_bits);
  const float d_inverse = inverse_or_zero(d), dmin_inverse = inverse_or_zero(dmin);

  Q4Factors factors{};
  std::array<std::int32_t, kSuperBlock> codes;
  for (std::size_t j = 0; j < kQ4Subs; ++j) {
    const SubBlock<kQ4Sub>& sub = subs[j];
    const float own_scale = nearest_between(fits[j].scale * d_inverse, 0.0F, 63.0F);
    const float own_minimum = nearest_between(fits[j].minimum * dmin_inverse, 0.0F, 63.0F);
    float least_error = INFINITY, best_scale = own_scale, best_minimum = own_minimum;
    for (const float step : {0.0F, -1.0F, 1.0F}) {
      const float scale = nearest_between(own_scale + step, 0.0F, 63.0F);
      const float factor = inverse_or_zero(d * scale);
      const CodeSums sums = sums_of_codes(sub, {factor, dmin * own_minimum * factor}, kQ4Codes);
      // The minimum that suits these codes, as far as it can be expressed.
      const float wanted =
          (d * scale * sums.l - sub.sum_wx) * inverse_or_zero(sub.sum_w) * dmin_inverse;
      const float minimum = nearest_between(wanted, 0.0F, 63.0F);
      const float error = q4_error(sub, sums, {d * scale, dmin * minimum});
      if (error < least_error) {
        least_error = error;
        best_scale = scale;
        best_minimum = minimum;
      }
    }
    const float factor = inverse_or_zero(d * best_scale);
    write_codes(sub, {factor, dmin * best_minimum * factor}, kQ4Codes, codes.data() + j * kQ4Sub);
    factors.scales[j] = static_cast<std::uint8_t>(static_cast<std::int32_t>(best_scale));
    factors.minimums[j] = static_cast<std::uint8_t>(static_cast<std::int32_t>(best_minimum));
  }

  store_unaligned(block, d_bits);
  store_unaligned(block + 2, dmin_bits);
  pack_factors(factors, block + 4);
  std::array<std::uint8_t, kSuperBlock / 2> packed;
  for (std::size_t c = 0; c < kQ4Subs / 2; ++c) {
    for (std::size_t i = 0; i < kQ4Sub; ++i) {
      const std::int32_t lower = codes[2 * c * kQ4Sub + i];
      const std::int32_t upper = codes[(2 * c + 1) * kQ4Sub + i];
      packed[c * kQ4Sub + i] = static_cast<std::uint8_t>(lower + 16 * upper);
    }
  }
  std::memcpy(block + 16, packed.data(), packed.size());
}

void float_to_q6_k(const float* source, std::byte* block) {
  std::array<SubBlock<kQ6Sub>, kQ6Subs> subs;
  std::array<float, kQ6Subs> fits;
  float extreme = 0.0F;
  for (std::size_t j = 0; j < kQ6Subs; ++j) {
    subs[j].read(source + j * kQ6Sub);
    fits[j] = fit_q6(subs[j]);
    extreme = std::fabs(fits[j]) > std::fabs(extreme) ? fits[j] : extreme;
  }
  const std::uint16_t d_bits = to_half(extreme / -128.0F);
  const float d = f16_to_float(d_bits);
  const float d_inverse = inverse_or_zero(d);

  std::array<std::int8_t, kQ6Subs> scales;
  std::array<std::int32_t, kSuperBlock> codes;
  for (std::size_t j = 0; j < kQ6Subs; ++j) {
    const SubBlock<kQ6Sub>& sub = subs[j];
    const float own = nearest_between(fits[j] * d_inverse, -128.0F, 127.0F);
    float least_error = INFINITY, best = own;
    for (const float step : {0.0F, -1.0F, 1.0F}) {
      const float scale = nearest_between(own + step, -128.0F, 127.0F);
      const float factor = inverse_or_zero(d * scale);
      const CodeSums sums = sums_of_codes(sub, {factor, 0.0F}, kQ6Codes);
      const float error = sub.sum_wxx + d * scale * (d * scale * sums.ll - 2.0F * sums.lx);
      if (error < least_error) {
        least_error = error;
        best = scale;
      }
    }
    write_codes(sub, {inverse_or_zero(d * best), 0.0F}, kQ6Codes, codes.data() + j * kQ6Sub);
    scales[j] = static_cast<std::int8_t>(static_cast<std::int32_t>(best));
  }

  std::array<std::uint8_t, kSuperBlock / 2> low;
  std::array<std::uint8_t, kSuperBlock / 4> high;
  for (std::size_t half = 0; half < 2; ++half) {
    const std::int32_t* const code = codes.data() + 128 * half;
    for (std::size_t i = 0; i < 64; ++i) {
      low[64 * half + i] = static_cast<std::uint8_t>((code[i] & 15) | ((code[64 + i] & 15) << 4));
    }
    for (std::size_t i = 0; i < 32; ++i) {
      high[32 * half + i] =
          static_cast<std::uint8_t>((code[i] >> 4) | ((code[32 + i] >> 4) << 2) |
                                    ((code[64 + i] >> 4) << 4) | ((code[96 + i] >> 4) << 6));
    }
  }
  std::memcpy(block, low.data(), low.size());
  std::memcpy(block + 128, high.data(), high.size());
  std::memcpy(block + 192, scales.data(), scales.size());
  store_unaligned(block + 208, d_bits);
}

}  // namespace ridgepoint

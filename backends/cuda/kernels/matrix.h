// Matrix: a weight matrix as the device's kernels read it, and what its bytes mean.
//
// Rows are cut in units of 32 inputs. Codes, scales and upper bits lie in planes of their own, each
// row of each plane on a boundary of 16 bytes, so that a lane takes 16 bytes of codes at once:
//
//   f32, f16, bf16    the numbers
//   q8                a signed byte an input; an f16 scale for each `group` units
//   q8_row            the same with one f32 scale a row
//   q4                16 bytes a unit, byte i holds input i low and 16 + i high; f16 scale a unit
//   q4_k              codes as q4; a super-block's 16 bytes of factors as GGUF has them, a record
//   q6_k              low bits as q4; 8 bytes of upper bits a unit: bits 2m of byte b of the first
//                     word are those of input 4m + b, of the second word those of 16 + 4m + b;
//                     records of 20 bytes: sixteen signed scales, f16 d, two bytes of nothing
//   w4                codes as q4; f16 scale and f16 zero for each `group` units
//   fp8               an E4M3 an input, f32 scale a row
//
// The last unit of a row is filled up with zero codes; the activations there are zeros.
#pragma once

#include "backends/cuda/kernels/portable.h"

namespace ridgepoint::cuda {

enum class Format : std::uint8_t { f32, f16, bf16, q8, q8_row, q4, q4_k, q6_k, w4, fp8 };

inline constexpr int kUnit = 32;
inline constexpr int kSuperUnits = 8;      // units of a K-quant's super-block
inline constexpr int kFactorBytes = 16;    // q4_k
inline constexpr int kQ6RecordBytes = 20;  // q6_k

struct Matrix {
  Format format = Format::f32;
  std::int64_t out = 0, in = 0;
  const std::uint8_t* codes = nullptr;
  const std::uint8_t* upper = nullptr;                            ///< of q6_k
  const std::uint8_t* scales = nullptr;                           ///< scales or records
  std::int64_t code_pitch = 0, upper_pitch = 0, scale_pitch = 0;  ///< bytes from row to row
  std::int64_t group = 1;                                         ///< units that share a scale

  RIDGEPOINT_BOTH_SIDES std::int64_t units() const { return whole_parts(in, kUnit); }
};

/// Whether products of few rows take activations as 8-bit codes.
RIDGEPOINT_BOTH_SIDES constexpr bool takes_codes(Format format) {
  return format == Format::q8 || format == Format::q8_row || format == Format::q4 ||
         format == Format::q4_k || format == Format::q6_k;
}

/// Inputs whose codes are 16 bytes: what a lane takes at once.
RIDGEPOINT_BOTH_SIDES constexpr int lane_inputs(Format format) {
  return format == Format::f32                                                       ? 4
         : format == Format::f16 || format == Format::bf16                           ? 8
         : format == Format::q8 || format == Format::q8_row || format == Format::fp8 ? 16
                                                                                     : 32;
}

template <typename T>
RIDGEPOINT_BOTH_SIDES T read_as(const std::uint8_t* from) {
#if defined(__CUDACC__)
  return *reinterpret_cast<const T*>(from);
#else
  require_boundary(from, sizeof(T));
  T value{};
  std::memcpy(&value, from, sizeof value);
  return value;
#endif
}

/// Scale and minimum of sub-block `j` of a q4_k's factors (workloads/tensor/k_quants.h).
struct SubFactors {
  float scale, minimum;
};
RIDGEPOINT_BOTH_SIDES SubFactors sub_factors(const Sixteen& factors, int j) {
  // No index that is only known when it runs, so that the words stay in registers.
  const auto shift = static_cast<unsigned>(j % 4 * 8);
  const std::uint32_t first = factors.word[1] >> shift, second = factors.word[2] >> shift;
  const std::uint32_t third = factors.word[3] >> shift;
  const std::uint32_t scale = j < 4 ? first & 63U : (third & 15U) | ((first >> 6U) & 3U) << 4U;
  const std::uint32_t minimum =
      j < 4 ? second & 63U : ((third >> 4U) & 15U) | ((second >> 6U) & 3U) << 4U;
  return {float_of_f16(factors.word[0] & 0xffffU) * static_cast<float>(scale),
          float_of_f16(factors.word[0] >> 16U) * static_cast<float>(minimum)};
}

/// Four codes of a nibble word, one a byte.
RIDGEPOINT_BOTH_SIDES std::uint32_t low_nibbles(std::uint32_t word) {
  return word & 0x0f0f0f0fU;
}
RIDGEPOINT_BOTH_SIDES std::uint32_t high_nibbles(std::uint32_t word) {
  return (word >> 4U) & 0x0f0f0f0fU;
}
/// The upper bits of inputs 4m .. 4m+3 of one half of a unit, where q6_k wants them.
RIDGEPOINT_BOTH_SIDES std::uint32_t upper_bits(std::uint32_t word, int m) {
  return ((word >> static_cast<unsigned>(2 * m)) & 0x03030303U) << 4U;
}

/// Inputs 8 * eighth to 8 * eighth + 7 of a row, the bits that workloads' to_float gives (on a GPU
/// q4_k's product and difference are rounded once, there twice); past the row's end what the codes
/// there mean. Codes are loaded all at once.
RIDGEPOINT_BOTH_SIDES void decode_eight(const Matrix& m, std::int64_t row, std::int64_t eighth,
                                        float* target) {
  const std::uint8_t* const codes = m.codes + row * m.code_pitch;
  const std::uint8_t* const scales = m.scales + row * m.scale_pitch;
  const std::int64_t unit = eighth / 4;
  const int within = static_cast<int>(eighth % 4) * 8;  // the first's place in the unit
  const std::int64_t super = unit / kSuperUnits;
  const int sub = static_cast<int>(unit % kSuperUnits);
  if (m.format == Format::f32) {
    RIDGEPOINT_UNROLL(2)
    for (int half = 0; half < 2; ++half) {
      const Sixteen four = load_sixteen(codes + eighth * 32 + half * 16);
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) target[4 * half + i] = float_of_bits(four.word[i]);
    }
    return;
  }
  if (m.format == Format::f16 || m.format == Format::bf16) {
    const Sixteen eight = load_sixteen(codes + eighth * 16);
    RIDGEPOINT_UNROLL(8)
    for (int i = 0; i < 8; ++i) {
      const std::uint32_t bits = eight.word[i / 2] >> static_cast<unsigned>(i % 2 * 16) & 0xffffU;
      target[i] = m.format == Format::f16 ? float_of_f16(bits) : float_of_bf16(bits);
    }
    return;
  }
  const bool whole_bytes =
      m.format == Format::q8 || m.format == Format::q8_row || m.format == Format::fp8;
  const EightBytes eight =
      load_eight_bytes(codes + (whole_bytes ? eighth * 8 : unit * 16 + within % 16));
  const auto byte = [&](int i) {
    return eight.word[i / 4] >> static_cast<unsigned>(i % 4 * 8) & 0xffU;
  };
  const auto nibble = [&](int i) { return within < 16 ? byte(i) & 15U : byte(i) >> 4U; };
  switch (m.format) {
    case Format::f32:
    case Format::f16:
    case Format::bf16:
      return;
    case Format::q8:
    case Format::q8_row: {
      const float scale = m.format == Format::q8_row
                              ? read_as<float>(scales)
                              : float_of_f16(read_as<std::uint16_t>(scales + unit / m.group * 2));
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) {
        target[i] = scale * static_cast<float>(static_cast<std::int8_t>(byte(i)));
      }
      return;
    }
    case Format::q4: {
      const float scale = float_of_f16(read_as<std::uint16_t>(scales + unit * 2));
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) {
        target[i] = scale * static_cast<float>(static_cast<std::int32_t>(nibble(i)) - 8);
      }
      return;
    }
    case Format::q4_k: {
      const SubFactors factors = sub_factors(load_sixteen(scales + super * kFactorBytes), sub);
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) {
        target[i] = factors.scale * static_cast<float>(nibble(i)) - factors.minimum;
      }
      return;
    }
    case Format::q6_k: {
      const std::uint8_t* const record = scales + super * kQ6RecordBytes;
      const float d = float_of_f16(read_as<std::uint16_t>(record + 16));
      const float scale =
          static_cast<float>(static_cast<std::int8_t>(record[sub * 2 + within / 16]));
      const std::uint32_t upper =
          read_as<std::uint32_t>(m.upper + row * m.upper_pitch + unit * 8 + within / 16 * 4);
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) {
        const int place = within % 16 + i;
        const auto shift = static_cast<unsigned>(place % 4 * 8 + place / 4 * 2);
        const auto code = static_cast<std::int32_t>(nibble(i) | (upper >> shift & 3U) << 4U);
        target[i] = d * scale * static_cast<float>(code - 32);
      }
      return;
    }
    case Format::w4: {
      const std::uint8_t* const factors = scales + unit / m.group * 4;
      const float scale = float_of_f16(read_as<std::uint16_t>(factors));
      const float zero = float_of_f16(read_as<std::uint16_t>(factors + 2));
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) target[i] = scale * (static_cast<float>(nibble(i)) - zero);
      return;
    }
    case Format::fp8: {
      const float scale = read_as<float>(scales);
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < 8; ++i) target[i] = scale * float_of_e4m3(byte(i));
      return;
    }
  }
}

}  // namespace ridgepoint::cuda

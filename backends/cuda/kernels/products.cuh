// Products of few rows with a weight matrix: a step of decoding. Bound by memory, so a warp streams
// the rows of two outputs, 16 bytes a lane, and each lane's part of the sum stays in a register.
// Where there are too few outputs for the device, `split` warps of a block share the inputs. A gate
// and its up are one launch: a warp's two outputs are the same one of both.
#pragma once

#include "backends/cuda/kernels/device.cuh"
#include "backends/cuda/product_plan.h"

namespace ridgepoint::cuda::RIDGEPOINT_KERNELS {

/// One output's part of a lane: its codes and factors, loaded before anything waits for them.
template <Format F>
struct LaneWeights {
  Sixteen codes;
  Sixteen factors;         // of q4_k
  std::uint32_t upper[2];  // of q6_k
  float scale, zero;       // zero: of w4; of q6_k the second scale

  __device__ void load(const Matrix& m, std::int64_t row, std::int64_t piece) {
    codes = load_once(m.codes + row * m.code_pitch + piece * 16);
    const std::uint8_t* const scales = m.scales + row * m.scale_pitch;
    if constexpr (F == Format::q8) {
      scale = float_of_f16(read_as<std::uint16_t>(scales + piece / 2 / m.group * 2));
    } else if constexpr (F == Format::q8_row || F == Format::fp8) {
      scale = read_as<float>(scales);
    } else if constexpr (F == Format::q4) {
      scale = float_of_f16(read_as<std::uint16_t>(scales + piece * 2));
    } else if constexpr (F == Format::q4_k) {
      factors = load_sixteen(scales + piece / kSuperUnits * kFactorBytes);
    } else if constexpr (F == Format::q6_k) {
      const std::uint8_t* const record = scales + piece / kSuperUnits * kQ6RecordBytes;
      const std::int64_t sub = piece % kSuperUnits * 2;
      const float d = float_of_f16(read_as<std::uint16_t>(record + 16));
      scale = d * static_cast<float>(static_cast<std::int8_t>(record[sub]));
      zero = d * static_cast<float>(static_cast<std::int8_t>(record[sub + 1]));
      const std::uint8_t* const bits = m.upper + row * m.upper_pitch + piece * 8;
      upper[0] = read_as<std::uint32_t>(bits);
      upper[1] = read_as<std::uint32_t>(bits + 4);
    } else if constexpr (F == Format::w4) {
      const std::uint32_t both = read_as<std::uint32_t>(scales + piece / m.group * 4);
      scale = float_of_f16(both & 0xffffU);
      zero = float_of_f16(both >> 16U);
    }
  }

  // ---- activations as codes ----

  /// Of a unit (of q8 half a one) with a row's codes there; `sums` are the unit's.
  __device__ float dot_codes(const Sixteen* x, float x_scale, std::uint32_t sums,
                             std::int64_t piece) const {
    const float first = static_cast<float>(static_cast<std::int16_t>(sums & 0xffffU));
    const float second = static_cast<float>(static_cast<std::int16_t>(sums >> 16U));
    if constexpr (F == Format::q8 || F == Format::q8_row) {
      std::int32_t dot = 0;
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) dot = dot_of_bytes(codes.word[i], x[0].word[i], dot);
      return scale * x_scale * static_cast<float>(dot);
    } else {
      std::int32_t low = 0, high = 0;
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) {
        std::uint32_t a = low_nibbles(codes.word[i]), b = high_nibbles(codes.word[i]);
        if constexpr (F == Format::q6_k) {
          a |= upper_bits(upper[0], i);
          b |= upper_bits(upper[1], i);
        }
        low = dot_of_bytes(a, x[0].word[i], low);
        high = dot_of_bytes(b, x[1].word[i], high);
      }
      if constexpr (F == Format::q6_k) {
        return x_scale * (scale * (static_cast<float>(low) - 32.0F * first) +
                          zero * (static_cast<float>(high) - 32.0F * second));
      } else if constexpr (F == Format::q4_k) {
        const SubFactors sub = sub_factors(factors, static_cast<int>(piece % kSuperUnits));
        return x_scale *
               (sub.scale * static_cast<float>(low + high) - sub.minimum * (first + second));
      } else {
        return scale * x_scale * (static_cast<float>(low + high) - 8.0F * (first + second));
      }
    }
  }

  // ---- activations as floats ----

  __device__ void decode(float* w) const {
    if constexpr (F == Format::f32) {
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) w[i] = float_of_bits(codes.word[i]);
    } else if constexpr (F == Format::f16 || F == Format::bf16) {
      RIDGEPOINT_UNROLL(4)
      for (int i = 0; i < 4; ++i) {
        if constexpr (F == Format::f16) {
          w[2 * i] = float_of_f16(codes.word[i] & 0xffffU);
          w[2 * i + 1] = float_of_f16(codes.word[i] >> 16U);
        } else {
          w[2 * i] = float_of_bf16(codes.word[i] & 0xffffU);
          w[2 * i + 1] = float_of_bits(codes.word[i] & 0xffff0000U);
        }
      }
    } else if constexpr (F == Format::fp8) {
      RIDGEPOINT_UNROLL(16)
      for (int i = 0; i < 16; ++i) {
        w[i] = float_of_e4m3((codes.word[i / 4] >> static_cast<unsigned>(i % 4 * 8)) & 0xffU);
      }
    } else {
      RIDGEPOINT_UNROLL(16)
      for (int i = 0; i < 16; ++i) {
        const std::uint32_t pair = codes.word[i / 4] >> static_cast<unsigned>(i % 4 * 8);
        w[i] = static_cast<float>(pair & 15U) - zero;
        w[16 + i] = static_cast<float>((pair >> 4U) & 15U) - zero;
      }
    }
  }
  /// What the sum of decoded weights times activations is still to be multiplied with.
  __device__ float factor() const { return F == Format::fp8 || F == Format::w4 ? scale : 1.0F; }
};

template <Format F, int Rows>
__device__ void add_piece(const FewRowsArgs& args, const LaneWeights<F>* weights,
                          std::int64_t piece, float (*sums)[Rows]) {
  constexpr int kInputs = lane_inputs(F);
  if constexpr (takes_codes(F)) {
    const std::int64_t unit = piece * kInputs / kUnit;
    RIDGEPOINT_UNROLL(8)
    for (int r = 0; r < Rows; ++r) {
      if (r >= args.rows) continue;  // not `break`: sums stay in registers only if all is unrolled
      const std::int8_t* const codes = static_cast<const std::int8_t*>(args.x.numbers) +
                                       r * args.x.units * kUnit + piece * kInputs;
      Sixteen x[2];
      x[0] = load_sixteen(codes);
      if constexpr (kInputs == kUnit) x[1] = load_sixteen(codes + 16);
      const float scale = args.x.scales[r * args.x.units + unit];
      const std::uint32_t totals = args.x.sums[r * args.x.units + unit];
      RIDGEPOINT_UNROLL(2)
      for (int o = 0; o < kOutputsAWarp; ++o) {
        sums[o][r] += weights[o].dot_codes(x, scale, totals, piece);
      }
    }
  } else {
    float w[kOutputsAWarp][kInputs];
    RIDGEPOINT_UNROLL(2)
    for (int o = 0; o < kOutputsAWarp; ++o) weights[o].decode(w[o]);
    RIDGEPOINT_UNROLL(8)
    for (int r = 0; r < Rows; ++r) {
      if (r >= args.rows) continue;
      const float* const x =
          static_cast<const float*>(args.x.numbers) + r * args.x.units * kUnit + piece * kInputs;
      float part[kOutputsAWarp] = {};
      RIDGEPOINT_UNROLL(8)
      for (int i = 0; i < kInputs; i += 4) {
        const Sixteen four = load_sixteen(x + i);
        RIDGEPOINT_UNROLL(4)
        for (int j = 0; j < 4; ++j) {
          const float each = float_of_bits(four.word[j]);
          RIDGEPOINT_UNROLL(2)
          for (int o = 0; o < kOutputsAWarp; ++o) part[o] += w[o][i + j] * each;
        }
      }
      RIDGEPOINT_UNROLL(2)
      for (int o = 0; o < kOutputsAWarp; ++o) sums[o][r] += part[o] * weights[o].factor();
    }
  }
}

template <Format F, int Rows>
__global__ void few_rows_kernel(FewRowsArgs args) {
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const OutputPlace place = output_place(args, blockIdx.x, warp);
  const ProductPart& part = args.parts[place.part];
  const Matrix& m = part.matrix;
  float sums[kOutputsAWarp][Rows] = {};
  if (place.first < m.out) {
    // The last warp of an odd number of outputs does its last one twice, and keeps it once. Gated,
    // both outputs are the same one of two matrices.
    const Matrix& other = args.gated ? args.parts[1].matrix : m;
    const std::int64_t second = args.gated ? place.first : smaller_of(place.first + 1, m.out - 1);
    const std::int64_t pieces = m.units() * kUnit / lane_inputs(F);
    RIDGEPOINT_UNROLL(2)
    for (std::int64_t piece = place.member * kWarp + lane; piece < pieces;
         piece += kWarp * args.split) {
      LaneWeights<F> weights[kOutputsAWarp];
      weights[0].load(m, place.first, piece);
      weights[1].load(other, second, piece);
      add_piece<F, Rows>(args, weights, piece, sums);
    }
  }
  __shared__ float partial[kProductWarps][kOutputsAWarp][kMostFewRows];
  RIDGEPOINT_UNROLL(2)
  for (int o = 0; o < kOutputsAWarp; ++o) {
    RIDGEPOINT_UNROLL(8)
    for (int r = 0; r < Rows; ++r) {
      const float sum = warp_sum(sums[o][r]);
      if (lane == 0) partial[warp][o][r] = sum;
    }
  }
  __syncthreads();
  if (place.member != 0 || lane >= kOutputsAWarp * Rows) return;
  const int o = lane / Rows, r = lane % Rows;
  const std::int64_t output = place.first + o;
  if (output >= m.out || r >= args.rows) return;
  if (args.gated) {
    if (o > 0) return;
    float gate = 0, up = 0;
    for (int member = 0; member < args.split; ++member) {
      gate += partial[warp + member][0][r];
      up += partial[warp + member][1][r];
    }
    part.out[r * m.out + output] = gate / (1.0F + expf(-gate)) * up;
    return;
  }
  float total = 0;
  for (int member = 0; member < args.split; ++member) total += partial[warp + member][o][r];
  if (part.bias != nullptr) total += part.bias[output];
  if (part.addend != nullptr) total += part.addend[r * m.out + output];
  part.out[r * m.out + output] = total;
}

template <Format F>
void start_few_rows(const FewRowsArgs& args, Stream stream) {
  const std::int64_t blocks = product_blocks(args);
  const auto kernel = args.rows == 1   ? &few_rows_kernel<F, 1>
                      : args.rows <= 4 ? &few_rows_kernel<F, 4>
                                       : &few_rows_kernel<F, 8>;
  start(kernel, blocks, 1, 1, kProductWarps * kWarp, stream, args);
}

inline void few_rows(const FewRowsArgs& args, Stream stream) {
  switch (args.parts[0].matrix.format) {
    case Format::f32:
      return start_few_rows<Format::f32>(args, stream);
    case Format::f16:
      return start_few_rows<Format::f16>(args, stream);
    case Format::bf16:
      return start_few_rows<Format::bf16>(args, stream);
    case Format::q8:
      return start_few_rows<Format::q8>(args, stream);
    case Format::q8_row:
      return start_few_rows<Format::q8_row>(args, stream);
    case Format::q4:
      return start_few_rows<Format::q4>(args, stream);
    case Format::q4_k:
      return start_few_rows<Format::q4_k>(args, stream);
    case Format::q6_k:
      return start_few_rows<Format::q6_k>(args, stream);
    case Format::w4:
      return start_few_rows<Format::w4>(args, stream);
    case Format::fp8:
      return start_few_rows<Format::fp8>(args, stream);
  }
}

// ---- whole tiles for products of many rows ----

__global__ void dequantise_kernel(DequantiseArgs args) {
  const std::int64_t eighths = args.matrix.units() * 4;
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= args.rows * eighths) return;
  const std::int64_t row = at / eighths, eighth = at % eighths;
  float values[8];
  decode_eight(args.matrix, args.begin + row, eighth, values);
  Sixteen all;
  for (int i = 0; i < 4; ++i) {
    const std::uint32_t low = args.to_bf16 ? bf16_of(values[2 * i]) : f16_of(values[2 * i]);
    const std::uint32_t high =
        args.to_bf16 ? bf16_of(values[2 * i + 1]) : f16_of(values[2 * i + 1]);
    all.word[i] = low | high << 16U;
  }
  reinterpret_cast<Sixteen*>(args.out)[at] = all;
}

inline void dequantise(const DequantiseArgs& args, Stream stream) {
  constexpr int kThreads = 256;
  const std::int64_t eighths = args.rows * args.matrix.units() * 4;
  start(&dequantise_kernel, whole_parts(eighths, kThreads), 1, 1, kThreads, stream, args);
}

}  // namespace ridgepoint::cuda::RIDGEPOINT_KERNELS

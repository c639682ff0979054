// Products of many rows with weights of signed bytes that have one scale a row (q8_channel), by a
// machine of tiles that multiplies bytes (AMX's TDPBSSD, amx_tiles.h). Such weights need no
// packing: sixteen vectors of a tile's codes, 64 inputs of 16 outputs, are an operand of the
// machine as they lie.
//
// Activations have a scale for each 32 inputs, which would end a sum after half an operand. So of a
// slice of a row they are written once more in units of one scale, with two digits: x = unit * (128
// high + low), where 127 * 128 units are the largest that the slice can have. The machine sums
// either digit's products as integers, exactly.
//
// What is not a number stays none: the unit of its slice becomes one, and all of its products.
//
// Bound, beside the rounding of float sums: half a unit times the sum of |w|, which is 2^-8 of the
// largest scale of the slice times it: 128 times less than the rounding of activations to bytes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "backends/host/kernels.h"
#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

template <class L, class Machine>
class ByteProduct {
 public:
  ByteProduct(const TiledMatrix& weight, const QuantisedRows& input, const ProductTarget& target)
      : weight_(weight), input_(input), target_(target) {}

  /// output[r, o] for r < rows and tiles [begin, end).
  void run(std::int64_t rows, std::int64_t begin, std::int64_t end) {
    const std::int64_t blocks = weight_.blocks();
    for (std::int64_t r = 0; r < rows; r += kRows) {
      const std::int64_t height = std::min(kRows, rows - r);
      for (std::int64_t b = 0; b < blocks; b += kSliceBlocks) {
        const std::int64_t count = std::min(kSliceBlocks, blocks - b);
        pack_rows(r, height, b, count);
        for (std::int64_t tile = begin; tile < end; tile += 2) {
          outputs(r, height, b, count, tile, std::min<std::int64_t>(2, end - tile));
        }
      }
    }
  }

 private:
  static constexpr std::int64_t kHeight = 16;  // of an operand, in rows
  static constexpr std::int64_t kOperandBytes = 1024;
  static constexpr std::int64_t kStepBlocks = 2;    // of an operand
  static constexpr std::int64_t kRows = 256;        // packed at a time: 512 KiB with both digits
  static constexpr std::int64_t kSliceBlocks = 32;  // no sum can leave 32 bits
  static constexpr std::int64_t kSteps = kSliceBlocks / kStepBlocks;
  static constexpr std::int64_t kStride = kSteps * kOperandBytes;  // sixteen rows to the next
  static constexpr std::int64_t kSums = 2 * kHeight;               // in either direction
  enum Digit { high, low };

  void pack_rows(std::int64_t first, std::int64_t height, std::int64_t b, std::int64_t count) {
    const std::int64_t steps = (count + 1) / kStepBlocks;
    const std::int64_t padded = (height + kHeight - 1) / kHeight * kHeight;
    for (std::int64_t r = 0; r < padded; ++r) {
      const std::int64_t at = r / kHeight * kStride + r % kHeight * 64;
      if (r >= height || count % kStepBlocks != 0) {
        for (std::int64_t step = r < height ? steps - 1 : 0; step < steps; ++step) {
          for (auto& digit : digits_) std::memset(digit + at + step * kOperandBytes, 0, 64);
        }
      }
      if (r < height) pack_row(first + r, b, count, at, units_[r]);
    }
  }

  void pack_row(std::int64_t row, std::int64_t b, std::int64_t count, std::int64_t at,
                float& unit) {
    const float* const scales = input_.scales + row * input_.scale_stride + b;
    const float largest = *std::max_element(scales, scales + count);
    const bool numbers =
        std::all_of(scales, scales + count, [](float s) { return std::isfinite(s); });
    unit = numbers ? largest / 128 : std::numeric_limits<float>::quiet_NaN();
    const std::int8_t* codes = input_.codes + row * input_.code_stride + b * kBlock;
    for (std::int64_t i = 0; i < count; ++i, codes += kBlock) {
      const auto units_a_code = L::set1(numbers && largest > 0 ? scales[i] / largest * 128 : 0);
      const std::int64_t to = at + i / kStepBlocks * kOperandBytes + i % kStepBlocks * kBlock;
      for (std::int64_t half = 0; half < kBlock; half += kLanes) {
        const auto units = L::round(L::mul(L::load_s8(codes + half), units_a_code));
        const auto upper = L::round(L::mul(units, L::set1(1.0F / 128)));
        L::store_codes(digits_[high] + to + half, upper);
        L::store_codes(digits_[low] + to + half, L::fma(upper, L::set1(-128.0F), units));
      }
    }
  }

  void outputs(std::int64_t first, std::int64_t height, std::int64_t b, std::int64_t count,
               std::int64_t tile, std::int64_t width) {
    const std::uint8_t* operands[2] = {};
    for (std::int64_t w = 0; w < width; ++w) operands[w] = operands_of(tile + w, b, count, w);
    const ProductTarget target = b == 0 ? target_ : target_.onto_output();
    for (std::int64_t r = 0; r < height; r += kSums) {
      const std::int64_t rows = std::min(kSums, height - r);
      for (const Digit digit : {high, low}) {
        multiply(digits_[digit] + r / kHeight * kStride, operands, (count + 1) / kStepBlocks,
                 rows > kHeight, width > 1, sums_[digit]);
      }
      for (std::int64_t w = 0; w < width; ++w) {
        const std::int64_t o = (tile + w) * kTileRows;
        const auto scale = L::load_f32(weight_.scales + (tile + w) * weight_.scale_bytes_per_group);
        for (std::int64_t row = 0; row < rows; ++row) {
          const std::int64_t at = row * kSums + w * kHeight;
          const auto units = L::fma(L::to_float(L::load_codes(sums_[high] + at)), L::set1(128.0F),
                                    L::to_float(L::load_codes(sums_[low] + at)));
          store_product<L>(target, first + r + row, o,
                           L::mul(L::mul(units, L::set1(units_[r + row])), scale),
                           std::min(kTileRows, weight_.out - o));
        }
      }
    }
  }

  /// A slice of a tile's codes. The machine takes whole operands: where the last one of a tile has
  /// a single block, they are copied and filled up, since what lies behind is another tile's, or
  /// nobody's.
  const std::uint8_t* operands_of(std::int64_t tile, std::int64_t b, std::int64_t count,
                                  std::int64_t which) {
    const std::uint8_t* const codes =
        weight_.codes + (tile * weight_.blocks() + b) * weight_.code_bytes_per_block;
    if (count % kStepBlocks == 0) return codes;
    const auto bytes = static_cast<std::size_t>(count * weight_.code_bytes_per_block);
    std::memcpy(filled_[which], codes, bytes);
    std::memset(filled_[which] + bytes, 0, kOperandBytes / 2);
    return filled_[which];
  }

  void multiply(const std::int8_t* x, const std::uint8_t* const (&w)[2], std::int64_t steps,
                bool tall, bool wide, std::int32_t* sums) {
    if (tall) {
      wide ? tiles<2, 2>(x, w, steps, sums) : tiles<2, 1>(x, w, steps, sums);
    } else {
      wide ? tiles<1, 2>(x, w, steps, sums) : tiles<1, 1>(x, w, steps, sums);
    }
  }

  // As in tile_block.h: sums are tiles 0 to 3, row by row; activations 4 and 5; weights 6 and 7.
  template <int H, int W>
  void tiles(const std::int8_t* x, const std::uint8_t* const (&w)[2], std::int64_t steps,
             std::int32_t* sums) {
    machine_.template zero<0>();
    if constexpr (W == 2) machine_.template zero<1>();
    if constexpr (H == 2) machine_.template zero<2>();
    if constexpr (H == 2 && W == 2) machine_.template zero<3>();
    for (std::int64_t at = 0; at < steps * kOperandBytes; at += kOperandBytes) {
      machine_.template load<6>(w[0] + at, 64);
      machine_.template load_passing<4>(x + at, 64);
      machine_.template dot_bytes<0, 4, 6>();
      if constexpr (W == 2) {
        machine_.template load<7>(w[1] + at, 64);
        machine_.template dot_bytes<1, 4, 7>();
      }
      if constexpr (H == 2) {
        machine_.template load_passing<5>(x + kStride + at, 64);
        machine_.template dot_bytes<2, 5, 6>();
        if constexpr (W == 2) machine_.template dot_bytes<3, 5, 7>();
      }
    }
    constexpr std::int64_t kRow = kSums * static_cast<std::int64_t>(sizeof(std::int32_t));
    std::int32_t* const lower = sums + kHeight * kSums;
    machine_.template store<0>(sums, kRow);
    if constexpr (W == 2) machine_.template store<1>(sums + kHeight, kRow);
    if constexpr (H == 2) machine_.template store<2>(lower, kRow);
    if constexpr (H == 2 && W == 2) machine_.template store<3>(lower + kHeight, kRow);
  }

  const TiledMatrix& weight_;
  const QuantisedRows& input_;
  const ProductTarget& target_;
  Machine machine_;
  float units_[kRows];
  alignas(64) std::int32_t sums_[2][kSums * kSums];
  alignas(64) std::int8_t digits_[2][kRows / kHeight * kStride];
  alignas(64) std::uint8_t filled_[2][kStride];
};

/// Products of weights that have one scale a row; 0.6 MiB of stack, as panels need.
template <class L, class Machine>
void byte_product(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                  std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  ByteProduct<L, Machine> product(weight, input, target);
  product.run(rows, begin, end);
}

}  // namespace ridgepoint::host

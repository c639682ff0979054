#include "backends/cuda/repack.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "workloads/tensor/k_quants.h"
#include "workloads/tensor/q5_0.h"

namespace ridgepoint::cuda {
namespace {

constexpr std::int64_t kBoundary = 16;  // bytes

std::int64_t to_boundary(std::int64_t bytes) {
  return whole_parts(bytes, kBoundary) * kBoundary;
}

/// The target's bytes of one row.
struct RowPlanes {
  std::byte* codes;
  std::byte* upper;
  std::byte* scales;
};

std::uint8_t byte_at(const std::byte* from, std::size_t index) {
  return std::to_integer<std::uint8_t>(from[index]);
}

/// Blocks of `factor_bytes` factors and `code_bytes` codes: the two go to planes of their own.
void split_blocks(const std::byte* source, std::int64_t blocks, std::size_t factor_bytes,
                  std::size_t code_bytes, const RowPlanes& to) {
  for (std::int64_t b = 0; b < blocks; ++b) {
    const auto at = static_cast<std::size_t>(b);
    const std::byte* const block = source + at * (factor_bytes + code_bytes);
    std::memcpy(to.scales + at * factor_bytes, block, factor_bytes);
    std::memcpy(to.codes + at * code_bytes, block + factor_bytes, code_bytes);
  }
}

/// Codes of five bits as codes of eight, which say the same.
void widen_q5_0(const std::byte* source, std::int64_t blocks, const RowPlanes& to) {
  for (std::int64_t b = 0; b < blocks; ++b) {
    const auto at = static_cast<std::size_t>(b);
    const std::byte* const block = source + at * kQ5Bytes;
    const auto codes = q5_0_codes(block);
    std::memcpy(to.scales + at * 2, block, 2);
    std::memcpy(to.codes + at * kQ5Elements, codes.data(), codes.size());
  }
}

/// GGUF keeps two sub-blocks in the halves of 32 bytes; here each has 16 bytes of its own.
void put_q4_k(const std::byte* block, std::byte* codes, std::byte* factors) {
  std::memcpy(factors, block, kFactorBytes);
  const std::byte* const pairs = block + kFactorBytes;
  for (std::size_t unit = 0; unit < kSuperUnits; ++unit) {
    const unsigned shift = unit % 2 == 0 ? 0U : 4U;
    for (std::size_t i = 0; i < 16; ++i) {
      const unsigned low = byte_at(pairs, unit / 2 * 32 + i) >> shift & 15U;
      const unsigned high = byte_at(pairs, unit / 2 * 32 + 16 + i) >> shift & 15U;
      codes[unit * 16 + i] = static_cast<std::byte>(low | high << 4U);
    }
  }
}

void put_q6_k(const std::byte* block, std::byte* codes, std::byte* upper, std::byte* record) {
  for (std::size_t at = 0; at < kSuperBlock; ++at) {
    const std::size_t half = at / 128, quarter = at % 128 / 32, i = at % 32;
    const unsigned low =
        byte_at(block, 64 * half + 32 * (quarter % 2) + i) >> (quarter < 2 ? 0U : 4U) & 15U;
    const unsigned two = byte_at(block, 128 + 32 * half + i) >> (2 * quarter) & 3U;
    const std::size_t unit = at / 32, place = i % 16;
    codes[unit * 16 + place] |= static_cast<std::byte>(i < 16 ? low : low << 4U);
    upper[unit * 8 + i / 16 * 4 + place % 4] |= static_cast<std::byte>(two << (place / 4 * 2));
  }
  std::memcpy(record, block + 192, 16);
  std::memcpy(record + 16, block + 208, 2);
}

void repack_row(Type type, const MatrixLayout& layout, std::span<const std::byte> row,
                const RowPlanes& to) {
  const Matrix& shape = layout.shape;
  const std::byte* const source = row.data();
  switch (shape.format) {
    case Format::f32:
    case Format::f16:
    case Format::bf16:
      std::memcpy(to.codes, source, row.size());
      return;
    case Format::q8_row:
    case Format::fp8:
      std::memcpy(to.scales, source, 4);
      std::memcpy(to.codes, source + 4, row.size() - 4);
      return;
    case Format::q8:
      if (type == Type::q5_0) {
        widen_q5_0(source, shape.units(), to);
        return;
      }
      split_blocks(source, shape.units() / shape.group, 2,
                   static_cast<std::size_t>(shape.group * kUnit), to);
      return;
    case Format::q4:
      split_blocks(source, shape.units(), 2, 16, to);
      return;
    case Format::w4:
      if (type == Type::w4_channel) {
        std::memcpy(to.scales, source, 4);
        std::memcpy(to.codes, source + 4, row.size() - 4);
      } else {
        split_blocks(source, shape.units() / shape.group, 4,
                     static_cast<std::size_t>(shape.group * 16), to);
      }
      return;
    case Format::q4_k:
    case Format::q6_k:
      for (std::int64_t b = 0; b < shape.units() / kSuperUnits; ++b) {
        const auto at = static_cast<std::size_t>(b);
        if (shape.format == Format::q4_k) {
          put_q4_k(source + at * kQ4KBytes, to.codes + at * 128, to.scales + at * kFactorBytes);
        } else {
          put_q6_k(source + at * kQ6KBytes, to.codes + at * 128, to.upper + at * 64,
                   to.scales + at * kQ6RecordBytes);
        }
      }
      return;
  }
}

/// Format, units that share a scale (0: all of a row), bytes of codes a unit, of factors a group.
struct Form {
  Format format;
  std::int64_t group, code_bytes, factor_bytes;
};

Form form_of(Type type) {
  switch (type) {
    case Type::f32:
      return {Format::f32, 1, 128, 0};
    case Type::f16:
      return {Format::f16, 1, 64, 0};
    case Type::bf16:
      return {Format::bf16, 1, 64, 0};
    case Type::q8_0:
    case Type::q5_0:
      return {Format::q8, 1, 32, 2};
    case Type::q8_g64:
      return {Format::q8, 2, 32, 2};
    case Type::q8_g128:
      return {Format::q8, 4, 32, 2};
    case Type::q8_channel:
      return {Format::q8_row, 0, 32, 4};
    case Type::q4_0:
      return {Format::q4, 1, 16, 2};
    case Type::q4_k:
      return {Format::q4_k, kSuperUnits, 16, kFactorBytes};
    case Type::q6_k:
      return {Format::q6_k, kSuperUnits, 16, kQ6RecordBytes};
    case Type::w4_channel:
      return {Format::w4, 0, 16, 4};
    case Type::w4_g32:
      return {Format::w4, 1, 16, 4};
    case Type::w4_g64:
      return {Format::w4, 2, 16, 4};
    case Type::w4_g128:
      return {Format::w4, 4, 16, 4};
    case Type::fp8:
      return {Format::fp8, 0, 32, 4};
    case Type::e4m3:
    case Type::i32:
      break;
  }
  throw std::logic_error("cuda: no type of weights");
}

}  // namespace

Matrix MatrixLayout::at(const std::byte* data) const {
  const auto* const bytes_at = reinterpret_cast<const std::uint8_t*>(data);
  Matrix placed = shape;
  placed.codes = bytes_at;
  placed.upper = bytes_at + upper_offset;
  placed.scales = bytes_at + scale_offset;
  return placed;
}

MatrixLayout layout_of(Type type, std::int64_t out, std::int64_t in) {
  const Form form = form_of(type);
  MatrixLayout layout;
  Matrix& shape = layout.shape;
  shape.format = form.format;
  shape.out = out;
  shape.in = in;
  const std::int64_t units = shape.units();
  shape.group = form.group == 0 ? std::max<std::int64_t>(units, 1) : form.group;
  shape.code_pitch = to_boundary(units * form.code_bytes);
  shape.upper_pitch = form.format == Format::q6_k ? to_boundary(units * 8) : 0;
  shape.scale_pitch = to_boundary(whole_parts(units, shape.group) * form.factor_bytes);
  layout.upper_offset = static_cast<std::size_t>(out * shape.code_pitch);
  layout.scale_offset = layout.upper_offset + static_cast<std::size_t>(out * shape.upper_pitch);
  layout.bytes = layout.scale_offset + static_cast<std::size_t>(out * shape.scale_pitch);
  return layout;
}

void repack_rows(const TensorView& weight, const MatrixLayout& layout, std::int64_t begin,
                 std::int64_t end, const RepackedRows& target) {
  const Matrix& shape = layout.shape;
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t at = row - begin;
    repack_row(weight.type, layout, weight.row(row),
               {.codes = target.codes.data() + at * shape.code_pitch,
                .upper = target.upper.data() + at * shape.upper_pitch,
                .scales = target.scales.data() + at * shape.scale_pitch});
  }
}

}  // namespace ridgepoint::cuda

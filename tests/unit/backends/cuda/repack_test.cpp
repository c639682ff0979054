// Repacked weights mean what they meant: decoded from their planes they are the bits that to_float
// gives, for every type and odd lengths.
#include "backends/cuda/repack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "workloads/tensor/convert.h"
#include "workloads/tensor/fp8.h"

namespace ridgepoint::cuda {
namespace {

struct Stored {
  std::vector<std::byte> bytes;
  TensorView view;
};

Stored random_weight(Type type, std::int64_t out, std::int64_t in) {
  std::mt19937 random(20261121);
  std::normal_distribution<float> normal(0.0F, 0.3F);
  const auto a_row = static_cast<std::size_t>(row_bytes(type, in));
  Stored stored{std::vector<std::byte>(a_row * static_cast<std::size_t>(out)), {}};
  std::vector<float> row(static_cast<std::size_t>(in));
  for (std::size_t r = 0; r < static_cast<std::size_t>(out); ++r) {
    for (float& each : row) each = normal(random);
    from_float(type, row, std::span(stored.bytes).subspan(r * a_row, a_row));
  }
  stored.view = {type, {out, in}, stored.bytes};
  return stored;
}

std::vector<std::byte> repacked(const TensorView& weight, const MatrixLayout& layout) {
  std::vector<std::byte> memory(layout.bytes + 16);
  const std::int64_t out = layout.shape.out;
  const auto plane = [&](std::size_t offset, std::int64_t pitch) {
    return std::span(memory).subspan(offset, static_cast<std::size_t>(out * pitch));
  };
  repack_rows(weight, layout, 0, out,
              {.codes = plane(0, layout.shape.code_pitch),
               .upper = plane(layout.upper_offset, layout.shape.upper_pitch),
               .scales = plane(layout.scale_offset, layout.shape.scale_pitch)});
  return memory;
}

void expect_same_numbers(Type type, std::int64_t in) {
  constexpr std::int64_t kOut = 3;
  const Stored stored = random_weight(type, kOut, in);
  const MatrixLayout layout = layout_of(type, kOut, in);
  const auto memory = repacked(stored.view, layout);
  const Matrix matrix = layout.at(memory.data());
  for (std::int64_t row = 0; row < kOut; ++row) {
    std::vector<float> wanted(static_cast<std::size_t>(in));
    to_float(type, stored.view.row(row), wanted);
    for (std::int64_t eighth = 0; eighth * 8 < in; ++eighth) {
      float values[8];
      decode_eight(matrix, row, eighth, values);
      for (std::int64_t i = 0; i < 8 && eighth * 8 + i < in; ++i) {
        ASSERT_EQ(values[i], wanted[static_cast<std::size_t>(eighth * 8 + i)])
            << name_of(type) << " row " << row << ", input " << eighth * 8 + i;
      }
    }
  }
}

TEST(Repack, KeepsTheNumbersOfEveryType) {
  for (const TypeInfo& info : types()) {
    if (info.weight) expect_same_numbers(info.type, 512);
  }
}

TEST(Repack, KeepsRowsOfAnyLength) {
  for (const Type type :
       {Type::f32, Type::f16, Type::bf16, Type::q8_channel, Type::w4_channel, Type::fp8}) {
    for (const std::int64_t in : {1, 20, 33, 101}) expect_same_numbers(type, in);
  }
}

TEST(Repack, PutsEveryRowOfEveryPlaneOnABoundaryOfSixteenBytes) {
  for (const TypeInfo& info : types()) {
    if (!info.weight) continue;
    const MatrixLayout layout = layout_of(info.type, 5, 256);
    EXPECT_EQ(layout.shape.code_pitch % 16, 0) << info.name;
    EXPECT_EQ(layout.shape.upper_pitch % 16, 0) << info.name;
    EXPECT_EQ(layout.shape.scale_pitch % 16, 0) << info.name;
  }
}

TEST(Repack, TakesHardlyMoreBytesThanTheFile) {
  for (const TypeInfo& info : types()) {
    if (!info.weight) continue;
    const Type as = info.type == Type::q5_0 ? Type::q8_0 : info.type;  // has no form of its own
    const auto file = static_cast<double>(row_bytes(as, 4096) * 64);
    EXPECT_LE(static_cast<double>(layout_of(info.type, 64, 4096).bytes), 1.011 * file) << info.name;
  }
}

TEST(PortableArithmetic, ConvertsAsTheRestOfTheProgramDoes) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = f16_to_float(half);
    const float ours = float_of_f16(bits);
    ASSERT_EQ(std::memcmp(&value, &ours, 4), 0) << bits;
  }
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const float value = float_of_bits(static_cast<std::uint32_t>(random()));
    if (value != value) continue;
    ASSERT_EQ(f16_of(value), float_to_f16(value)) << value;
    ASSERT_EQ(bf16_of(value), float_to_bf16(value)) << value;
  }
}

TEST(PortableArithmetic, ConvertsNumbersOfEightBitsAsTheRestOfTheProgramDoes) {
  for (std::uint32_t bits = 0; bits < 0x100U; ++bits) {
    const float value = e4m3_to_float(static_cast<std::uint8_t>(bits));
    const std::uint32_t halves = halves_of_e4m3(bits | 0x3800U);
    if (value != value) {
      EXPECT_TRUE(std::isnan(float_of_f16(halves & 0xffffU)));
    } else {
      EXPECT_EQ(float_of_f16(halves & 0xffffU), value);
      EXPECT_EQ(e4m3_of(value), bits);
      for (const float close : {std::nextafter(value, 1e9F), value * 1.0625F, value * 0.9375F}) {
        EXPECT_EQ(e4m3_of(close), float_to_e4m3(close)) << close;
      }
    }
    EXPECT_EQ(float_of_f16(halves >> 16U), 1.0F);
  }
  std::mt19937 random(8);
  for (int i = 0; i < 200'000; ++i) {
    const float value = float_of_bits(static_cast<std::uint32_t>(random()));
    ASSERT_EQ(e4m3_of(value), float_to_e4m3(value)) << value;
  }
}

TEST(PortableArithmetic, MultipliesSignedBytes) {
  EXPECT_EQ(dot_of_bytes(0x7f80ff01U, 0x02028003U, 5), 127 * 2 - 128 * 2 + (-1) * (-128) + 3 + 5);
}

}  // namespace
}  // namespace ridgepoint::cuda

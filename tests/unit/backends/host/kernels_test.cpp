#include "backends/host/kernels.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "backends/host/tiled_weights.h"
#include "backends/host/worker_team.h"
#include "workloads/tensor/convert.h"
#include "workloads/tensor/fp8.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

using host::Kernels;

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> floats(count);
  for (float& each : floats) each = normal(random);
  return floats;
}

std::vector<Isa> available_isas() {
  std::vector<Isa> available;
  for (const IsaEntry& entry : isas()) {
    if (entry.available) available.push_back(entry.isa);
  }
  return available;
}

/// A weight of some type, and what its bytes mean.
struct StoredWeight {
  StoredWeight(Type of, std::int64_t out, std::int64_t in)
      : type(of), shape{out, in}, meant(static_cast<std::size_t>(out * in)) {
    bytes.resize(static_cast<std::size_t>(byte_count(type, shape)));
    const auto floats = random_floats(meant.size(), 7);
    const auto size = static_cast<std::size_t>(row_bytes(type, in));
    const auto width = static_cast<std::size_t>(in);
    for (std::size_t r = 0; r < static_cast<std::size_t>(out); ++r) {
      const auto row = std::span(bytes).subspan(r * size, size);
      from_float(type, std::span(floats).subspan(r * width, width), row);
      to_float(type, row, std::span(meant).subspan(r * width, width));
    }
  }
  [[nodiscard]] TensorView view() const { return {type, shape, bytes}; }

  Type type;
  Shape shape;
  std::vector<std::byte> bytes;
  std::vector<float> meant;
};

host::BlockMatrix blocks_at(Type type, const std::byte* data, std::int64_t out, std::int64_t in) {
  return {.type = type, .out = out, .in = in, .data = reinterpret_cast<const std::uint8_t*>(data)};
}

class HostKernels : public ::testing::TestWithParam<Isa> {
 protected:
  const Kernels& kernels_ = host::kernels_for(GetParam());
};

/// The product in float64, with bias and addend.
std::vector<double> expected_product(const StoredWeight& weight, const std::vector<float>& input,
                                     const std::vector<float>& bias,
                                     const std::vector<float>& addend) {
  const auto out = static_cast<std::size_t>(weight.shape[0]);
  const auto in = static_cast<std::size_t>(weight.shape[1]);
  std::vector<double> result;
  for (std::size_t r = 0; r < input.size() / in; ++r) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = bias.empty() ? 0.0 : static_cast<double>(bias[o]);
      if (!addend.empty()) sum += static_cast<double>(addend[r * out + o]);
      for (std::size_t i = 0; i < in; ++i) {
        sum +=
            static_cast<double>(input[r * in + i]) * static_cast<double>(weight.meant[o * in + i]);
      }
      result.push_back(sum);
    }
  }
  return result;
}

TEST_P(HostKernels, MultiplyPlainWeightsOfOddSizes) {
  for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
    for (const auto& [rows, out, in] :
         {std::tuple{1, 1, 1}, std::tuple{1, 37, 80}, std::tuple{2, 9, 17}, std::tuple{7, 33, 1100},
          std::tuple{13, 50, 64}, std::tuple{6, 4, 15}, std::tuple{64, 70, 33},
          std::tuple{77, 47, 1043}, std::tuple{65, 2, 7}}) {
      // These are rounded first, within the bounds that amx_code_test.cpp holds them to.
      if (GetParam() == Isa::avx512bf16 && type == Type::bf16 && rows >= host::kDotPlainRows) {
        continue;
      }
      SCOPED_TRACE(::testing::Message() << name_of(type) << ' ' << rows << ' ' << out << ' ' << in);
      const StoredWeight weight(type, out, in);
      const auto input = random_floats(static_cast<std::size_t>(rows * in), 3);
      const auto bias = random_floats(static_cast<std::size_t>(out), 4);
      auto output = random_floats(static_cast<std::size_t>(rows * out), 5);
      const auto truth = expected_product(weight, input, bias, output);
      // In two ranges, and added to what is there.
      const host::PlainMatrix matrix{
          .type = type, .out = out, .in = in, .data = weight.bytes.data()};
      const host::ProductTarget target{.output = output.data(),
                                       .stride = out,
                                       .bias = bias.data(),
                                       .addend = output.data(),
                                       .addend_stride = out};
      kernels_.plain_product(matrix, {.data = input.data(), .stride = in}, rows, 0, out / 2,
                             target);
      kernels_.plain_product(matrix, {.data = input.data(), .stride = in}, rows, out / 2, out,
                             target);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        // Rounding of `in` sums of terms of order 1.
        ASSERT_NEAR(static_cast<double>(output[i]), truth[i], 1e-6 * in + 1e-5) << i;
      }
    }
  }
}

TEST_P(HostKernels, ReadPlainWeightsThatAreNotAligned) {
  const StoredWeight weight(Type::f32, 20, 40);
  std::vector<std::byte> shifted(weight.bytes.size() + 1);
  std::copy(weight.bytes.begin(), weight.bytes.end(), shifted.begin() + 1);
  const auto input = random_floats(3 * 40, 3);
  std::vector<float> output(3 * 20);
  kernels_.plain_product({.type = Type::f32, .out = 20, .in = 40, .data = shifted.data() + 1},
                         {.data = input.data(), .stride = 40}, 3, 0, 20,
                         {.output = output.data(), .stride = 20});
  const auto truth = expected_product(weight, input, {}, {});
  for (std::size_t i = 0; i < truth.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(output[i]), truth[i], 1e-4);
  }
}

/// Activations in quantised form, and the values that they stand for.
struct QuantisedInput {
  QuantisedInput(const Kernels& kernels, const std::vector<float>& input, std::int64_t in)
      : meant(input.size()) {
    const auto count = static_cast<std::int64_t>(input.size()) / in;
    const std::int64_t blocks = (in + host::kBlock - 1) / host::kBlock;
    codes.resize(static_cast<std::size_t>(count * blocks * host::kBlock));
    scales.resize(static_cast<std::size_t>(count * blocks));
    sums.resize(2 * scales.size());
    rows = {.codes = codes.data(),
            .scales = scales.data(),
            .sums = sums.data(),
            .code_stride = blocks * host::kBlock,
            .scale_stride = blocks};
    for (std::int64_t r = 0; r < count; ++r) {
      kernels.quantise(input.data() + r * in, in, r, 0, blocks, rows);
    }
    const auto width = static_cast<std::size_t>(in);
    const auto stride = static_cast<std::size_t>(rows.code_stride);
    for (std::size_t i = 0; i < input.size(); ++i) {
      const std::size_t at = i / width * stride + i % width;
      meant[i] = static_cast<float>(codes[at]) * scales[at / host::kBlock];
    }
  }
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<std::int32_t> sums;
  std::vector<float> meant;
  host::QuantisedRows rows;
};

TEST_P(HostKernels, QuantiseToTheNearestOf255Steps) {
  auto input = random_floats(3 * 96, 11);
  std::fill_n(input.begin() + 32, 32, 0.0F);
  const QuantisedInput quantised(kernels_, input, 96);
  for (std::size_t b = 0; b < quantised.scales.size(); ++b) {
    float most = 0;
    std::int32_t halves[2] = {0, 0};
    for (std::size_t i = 32 * b; i < 32 * b + 32; ++i) {
      most = std::max(most, std::abs(input[i]));
      halves[(i % 32) / 16] += quantised.codes[i];
      EXPECT_NEAR(quantised.meant[i], input[i], quantised.scales[b] * 0.5001F);
    }
    EXPECT_FLOAT_EQ(quantised.scales[b], most / 127);
    EXPECT_EQ(quantised.sums[2 * b], halves[0]);
    EXPECT_EQ(quantised.sums[2 * b + 1], halves[1]);
  }
}

TEST_P(HostKernels, QuantiseWhatThereIsOfALastBlock) {
  // Behind the row lies what must not count.
  auto input = random_floats(64, 12);
  std::fill(input.begin() + 37, input.end(), 1e6F);
  input.resize(37);
  const QuantisedInput quantised(kernels_, input, 37);
  float most = 0;
  for (std::size_t i = 32; i < 37; ++i) most = std::max(most, std::abs(input[i]));
  EXPECT_FLOAT_EQ(quantised.scales[1], most / 127);
  for (std::size_t i = 0; i < 37; ++i) {
    EXPECT_NEAR(quantised.meant[i], input[i], quantised.scales[i / 32] * 0.5001F);
  }
  for (std::size_t i = 37; i < 64; ++i) EXPECT_EQ(quantised.codes[i], 0) << i;
}

/// Each output's sum of |weight * input|, with bias and addend: what roundings are relative to.
std::vector<double> magnitudes(const StoredWeight& weight, const std::vector<float>& input,
                               const std::vector<float>& bias, const std::vector<float>& addend) {
  const auto out = static_cast<std::size_t>(weight.shape[0]);
  const auto in = static_cast<std::size_t>(weight.shape[1]);
  std::vector<double> result;
  for (std::size_t r = 0; r < input.size() / in; ++r) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = static_cast<double>(std::abs(bias[o]) + std::abs(addend[r * out + o]));
      for (std::size_t i = 0; i < in; ++i) {
        sum += std::abs(static_cast<double>(input[r * in + i]) *
                        static_cast<double>(weight.meant[o * in + i]));
      }
      result.push_back(sum);
    }
  }
  return result;
}

constexpr double kRounding = 0x1p-24;  // of a float, to nearest

TEST_P(HostKernels, MultiplySignedBytesOfAnyGroupWithOneRoundingABlock) {
  WorkerTeam team(2);
  for (const auto& [type, unit] :
       {std::pair{Type::q8_g64, 64}, std::pair{Type::q8_g128, 128}, std::pair{Type::q8_channel, 37},
        std::pair{Type::q8_channel, 1}}) {
    for (const auto& [rows, out, units] :
         {std::tuple{1, 1, 1}, std::tuple{1, 100, 3}, std::tuple{2, 33, 5}, std::tuple{9, 16, 2},
          std::tuple{17, 70, 4}}) {
      const std::int64_t in = units * unit;
      SCOPED_TRACE(::testing::Message() << name_of(type) << ' ' << rows << ' ' << out << ' ' << in);
      const StoredWeight weight(type, out, in);
      const TiledWeights tiled(weight.view(), kernels_, team);
      const QuantisedInput input(kernels_, random_floats(static_cast<std::size_t>(rows * in), 3),
                                 in);
      const auto bias = random_floats(static_cast<std::size_t>(out), 4);
      auto output = random_floats(static_cast<std::size_t>(rows * out), 5);
      const auto truth = expected_product(weight, input.meant, bias, output);
      const auto magnitude = magnitudes(weight, input.meant, bias, output);
      kernels_.tiled_product(tiled.matrix(), input.rows, rows, 0, tiled.matrix().tiles(),
                             {.output = output.data(),
                              .stride = out,
                              .bias = bias.data(),
                              .addend = output.data(),
                              .addend_stride = out});
      // A block's integer is exact. Rounded are: what weight and activation mean (once each), the
      // product of the scales, its product with the integer, a sum a block, bias and addend.
      const double roundings = static_cast<double>(in / 32 + 1) + 6;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        ASSERT_NEAR(static_cast<double>(output[i]), truth[i],
                    1.01 * roundings * kRounding * magnitude[i])
            << i;
      }
    }
  }
}

TEST_P(HostKernels, MultiplyFloatsWithDecodedWeights) {
  WorkerTeam team(2);
  struct Sizes {
    Type type;
    int unit;
  };
  for (const auto& [type, unit] :
       {Sizes{Type::w4_g32, 32}, Sizes{Type::w4_g64, 64}, Sizes{Type::w4_g128, 128},
        Sizes{Type::w4_channel, 1}, Sizes{Type::w4_channel, 37}, Sizes{Type::fp8, 1},
        Sizes{Type::fp8, 37}}) {
    for (int rows = 1; rows <= 18; ++rows) {
      // One longer than a panel's slice; outputs of a part of a tile, and of odd numbers of tiles.
      const int units = rows % 5 == 2 ? 1300 / unit : rows % 5 + 1;
      const int out = std::array{1, 16, 37, 96, 150}[static_cast<std::size_t>(rows % 5)];
      const std::int64_t in = units * unit, count = rows == 18 ? 61 : rows;
      SCOPED_TRACE(::testing::Message()
                   << name_of(type) << ' ' << count << ' ' << out << ' ' << in);
      const StoredWeight weight(type, out, in);
      const TiledWeights tiled(weight.view(), kernels_, team);
      const auto input = random_floats(static_cast<std::size_t>(count * in), 3);
      const auto bias = random_floats(static_cast<std::size_t>(out), 4);
      auto output = random_floats(static_cast<std::size_t>(count * out), 5);
      const auto addend = output;
      const auto truth = expected_product(weight, input, bias, addend);
      const host::ProductTarget target{.output = output.data(),
                                       .stride = out,
                                       .bias = bias.data(),
                                       .addend = output.data(),
                                       .addend_stride = out};
      const host::FloatRows floats{.data = input.data(), .stride = in};
      const std::int64_t tiles = tiled.matrix().tiles(), middle = tiles / 2;
      kernels_.decoded_product(tiled.matrix(), floats, count, 0, middle, target);
      kernels_.decoded_product(tiled.matrix(), floats, count, middle, tiles, target);
      // Every sum takes at most `in` roundings in a row, and each group some more for its zero,
      // scale and the sum over groups: fewer than 40 + in/32 on the way to one output. Without a
      // zero each is relative to the sum of |w x|. With one, codes less 8 and the zero less 8 are
      // at most 8 each, so to d * 16 * |x|; as 15 d spans the weights, of which the largest may be
      // off by d/2, d * 16 <= 2.3 * the row's largest |w|.
      const double roundings = static_cast<double>(in + in / 32) + 40;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        const std::size_t o = i % static_cast<std::size_t>(out),
                          r = i / static_cast<std::size_t>(out);
        double largest = 0, inputs = 0;
        for (std::size_t k = 0; k < static_cast<std::size_t>(in); ++k) {
          largest = std::max(
              largest,
              static_cast<double>(std::abs(weight.meant[o * static_cast<std::size_t>(in) + k])));
          inputs += static_cast<double>(std::abs(input[r * static_cast<std::size_t>(in) + k]));
        }
        const double magnitude =
            2.3 * largest * inputs + static_cast<double>(std::abs(bias[o]) + std::abs(addend[i]));
        ASSERT_NEAR(static_cast<double>(output[i]), truth[i],
                    1.01 * roundings * kRounding * magnitude)
            << i;
      }
    }
  }
}

TEST_P(HostKernels, ReadEveryE4M3CodeAsTheNumberThatItIs) {
  WorkerTeam team(1);
  // Row 0 has every positive number, subnormal ones too, row 1 every negative one; row 2 a NaN.
  constexpr std::size_t kNumbers = 127;
  std::vector<std::byte> bytes(3 * (4 + kNumbers));
  const float scale = 0.75F;
  for (std::size_t row = 0; row < 3; ++row) {
    std::byte* const at = bytes.data() + row * (4 + kNumbers);
    std::memcpy(at, &scale, 4);
    for (std::size_t code = 0; code < kNumbers; ++code) {
      at[4 + code] = static_cast<std::byte>(row == 1 ? 128 + code : code);
    }
  }
  bytes[3 * (4 + kNumbers) - 5] = std::byte{0xff};
  const TiledWeights tiled({Type::fp8, {3, kNumbers}, bytes}, kernels_, team);
  // One input is 1: alone, and among many rows.
  std::vector<float> input(kNumbers * kNumbers), output(kNumbers * 3);
  for (std::size_t r = 0; r < kNumbers; ++r) input[r * (kNumbers + 1)] = 1;
  const host::FloatRows many{.data = input.data(), .stride = kNumbers};
  kernels_.decoded_product(tiled.matrix(), many, kNumbers, 0, 1,
                           {.output = output.data(), .stride = 3});
  for (std::size_t r = 0; r < kNumbers; ++r) {
    std::vector<float> one(3);
    kernels_.decoded_product(tiled.matrix(), {.data = input.data() + r * kNumbers, .stride = 0}, 1,
                             0, 1, {.output = one.data(), .stride = 3});
    const float number = scale * e4m3_to_float(static_cast<std::uint8_t>(r));
    EXPECT_EQ(one[0], number) << r;
    EXPECT_EQ(one[1], -number) << r;
    EXPECT_TRUE(std::isnan(one[2])) << "as 0 * NaN is";
    EXPECT_EQ(output[r * 3], number) << r;
    EXPECT_EQ(output[r * 3 + 1], -number) << r;
    EXPECT_TRUE(std::isnan(output[r * 3 + 2]));
  }
}

TEST_P(HostKernels, MultiplyTiledWeightsAsTheirBytesMean) {
  WorkerTeam team(2);
  for (const TypeInfo& info : types()) {
    if (!TiledWeights::takes_quantised(info.type)) continue;
    const std::int64_t block = info.block_elements;
    for (const auto& [rows, out, blocks] :
         {std::tuple{1, 16, 1}, std::tuple{1, 100, 3}, std::tuple{2, 5, 2}, std::tuple{8, 40, 5},
          std::tuple{19, 70, 2}, std::tuple{1, 64, 4}}) {
      const std::int64_t in = blocks * block;
      SCOPED_TRACE(::testing::Message() << info.name << ' ' << rows << ' ' << out << ' ' << in);
      const StoredWeight weight(info.type, out, in);
      const TiledWeights tiled(weight.view(), kernels_, team);
      const QuantisedInput input(kernels_, random_floats(static_cast<std::size_t>(rows * in), 3),
                                 in);
      const auto bias = random_floats(static_cast<std::size_t>(out), 4);
      auto output = random_floats(static_cast<std::size_t>(rows * out), 5);
      const auto truth = expected_product(weight, input.meant, bias, output);
      const host::ProductTarget target{.output = output.data(),
                                       .stride = out,
                                       .bias = bias.data(),
                                       .addend = output.data(),
                                       .addend_stride = out};
      const std::int64_t tiles = tiled.matrix().tiles(), middle = tiles / 2;
      kernels_.tiled_product(tiled.matrix(), input.rows, rows, 0, middle, target);
      kernels_.tiled_product(tiled.matrix(), input.rows, rows, middle, tiles, target);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        // The integers are exact: what is left is the rounding of one float a block.
        ASSERT_NEAR(static_cast<double>(output[i]), truth[i], 1e-6 * static_cast<double>(in) + 1e-5)
            << i;
      }
    }
  }
}

TEST_P(HostKernels, MultiplyTheWorstCodesWithoutOverflow) {
  WorkerTeam team(1);
  // Every weight -128 or 127 and every activation at its largest; the same as one group of 64.
  std::vector<std::byte> bytes, grouped;
  for (const auto code : {std::byte{0x80}, std::byte{0x7f}}) {
    const auto one = std::bit_cast<std::array<std::byte, 2>>(float_to_f16(1.0F));
    grouped.insert(grouped.end(), one.begin(), one.end());
    grouped.insert(grouped.end(), 64, code);
    for (int block = 0; block < 2; ++block) {
      bytes.insert(bytes.end(), one.begin(), one.end());
      bytes.insert(bytes.end(), 32, code);
    }
  }
  const TiledWeights tiled({Type::q8_g64, {2, 64}, grouped}, kernels_, team);
  const host::BlockMatrix blocks = blocks_at(Type::q8_0, bytes.data(), 2, 64);
  for (const float sign : {1.0F, -1.0F}) {
    for (const std::int64_t rows : {1, 9}) {
      const QuantisedInput input(
          kernels_, std::vector<float>(static_cast<std::size_t>(rows * 64), sign * 127), 64);
      const auto expect_largest = [&](const auto& multiply) {
        std::vector<float> output(static_cast<std::size_t>(rows) * 2);
        multiply(host::ProductTarget{.output = output.data(), .stride = 2});
        for (std::size_t i = 0; i < output.size(); i += 2) {
          EXPECT_FLOAT_EQ(output[i], sign * -128 * 127 * 64);
          EXPECT_FLOAT_EQ(output[i + 1], sign * 127 * 127 * 64);
        }
      };
      expect_largest([&](const host::ProductTarget& target) {
        kernels_.tiled_product(tiled.matrix(), input.rows, rows, 0, 1, target);
      });
      expect_largest([&](const host::ProductTarget& target) {
        kernels_.block_product(blocks, input.rows, rows, 0, 1, target);
      });
    }
  }
}

/// Bytes between two pages that must not be touched: they end where the second one begins.
class FencedBytes {
 public:
  explicit FencedBytes(std::span<const std::byte> bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t inside = (bytes.size() + page - 1) / page * page;
    size_ = inside + 2 * page;
    void* const all = ::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc();
    all_ = static_cast<std::byte*>(all);
    if (::mprotect(all_ + page, inside, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    data_ = all_ + page + inside - bytes.size();
    std::ranges::copy(bytes, data_);
  }
  FencedBytes(const FencedBytes&) = delete;
  FencedBytes& operator=(const FencedBytes&) = delete;
  ~FencedBytes() { ::munmap(all_, size_); }

  [[nodiscard]] const std::byte* data() const { return data_; }

 private:
  std::byte* all_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Blocks of any codes and factors; only what a block's f16 say is drawn to be of order one.
/// Beside what each input means: the most that its terms can be, which roundings are relative to.
struct AnyBlocks : StoredWeight {
  AnyBlocks(Type of, std::int64_t out, std::int64_t in) : StoredWeight(of, out, in) {
    std::mt19937 random(21);
    const auto block_bytes = static_cast<std::size_t>(type_info(of).block_bytes);
    const auto elements = static_cast<std::size_t>(type_info(of).block_elements);
    largest_term.resize(meant.size());
    for (std::size_t b = 0; b < bytes.size() / block_bytes; ++b) {
      const auto block = std::span(bytes).subspan(b * block_bytes, block_bytes);
      for (auto& each : block) each = static_cast<std::byte>(random());
      const auto draw_scale = [&](std::size_t at) {
        const float scale = (random() % 2 == 0 ? 1.0F : -1.0F) *
                            (0.25F + static_cast<float>(random() % 1024) / 1024);
        const auto stored = std::bit_cast<std::array<std::byte, 2>>(float_to_f16(scale));
        std::ranges::copy(stored, block.begin() + static_cast<std::ptrdiff_t>(at));
        return static_cast<double>(std::abs(f16_to_float(float_to_f16(scale))));
      };
      double largest = 0;
      if (of == Type::q6_k) {
        largest = draw_scale(208) * 128 * 63;
      } else if (of == Type::q4_k) {
        largest = draw_scale(0) * 63 * 15;
        largest += draw_scale(2) * 63;
      } else {
        largest = draw_scale(0) * 128;
      }
      to_float(of, block, std::span(meant).subspan(b * elements, elements));
      std::fill_n(largest_term.begin() + static_cast<std::ptrdiff_t>(b * elements), elements,
                  largest);
    }
  }
  std::vector<double> largest_term;
};

/// Products by outputs of two threads each, of weights behind whose last byte nothing may be read.
TEST_P(HostKernels, MultiplyBlocksWhereTheyLieWithFewRoundingsABlock) {
  WorkerTeam team(2);
  for (const TypeInfo& type : types()) {
    if (!host::BlockMatrix::takes(type.type)) continue;
    // Longer than what is put into tiles at once, by less than that.
    const int several_slices = type.block_elements == host::kBlock ? 763 : 45;
    for (const auto& [rows, out, blocks] :
         {std::tuple{1, 1, 1}, std::tuple{1, 16, 2}, std::tuple{1, 100, 3}, std::tuple{1, 37, 8},
          std::tuple{2, 33, 5}, std::tuple{2, 61, 7}, std::tuple{3, 40, 1}, std::tuple{3, 47, 6},
          std::tuple{4, 70, 6}, std::tuple{5, 1, 3}, std::tuple{6, 90, 9}, std::tuple{7, 17, 2},
          std::tuple{8, 64, 7}, std::tuple{16, 130, 4}, std::tuple{33, 51, 5},
          std::tuple{1, 9, several_slices}, std::tuple{9, 71, several_slices}}) {
      const std::int64_t in = blocks * type.block_elements;
      SCOPED_TRACE(::testing::Message() << type.name << ' ' << rows << ' ' << out << ' ' << in);
      const AnyBlocks weight(type.type, out, in);
      const FencedBytes bytes(weight.bytes);
      const QuantisedInput input(kernels_, random_floats(static_cast<std::size_t>(rows * in), 3),
                                 in);
      const auto bias = random_floats(static_cast<std::size_t>(out), 4);
      auto output = random_floats(static_cast<std::size_t>(rows * out), 5);
      const auto addend = output;
      const auto truth = expected_product(weight, input.meant, bias, addend);
      const host::BlockMatrix matrix = blocks_at(type.type, bytes.data(), out, in);
      team.run([&, rows = rows, out = out](int part) {
        kernels_.block_product(matrix, input.rows, rows, part * matrix.tiles() / 2,
                               (part + 1) * matrix.tiles() / 2,
                               {.output = output.data(),
                                .stride = out,
                                .bias = bias.data(),
                                .addend = output.data(),
                                .addend_stride = out});
      });
      // As for groups above; a block of a K-quant has two sums, and its factors' products are
      // rounded too. Sums of a row of few activations stay in sixteen lanes until it ends; those of
      // many in slices. Four more roundings either way.
      const double roundings = 2.0 * static_cast<double>(in / host::kBlock) + 12;
      const auto width = static_cast<std::size_t>(in), outputs = static_cast<std::size_t>(out);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        const std::size_t r = i / outputs, o = i % outputs;
        auto magnitude = static_cast<double>(std::abs(bias[o]) + std::abs(addend[i]));
        for (std::size_t k = 0; k < width; ++k) {
          magnitude += static_cast<double>(std::abs(input.meant[r * width + k])) *
                       weight.largest_term[o * width + k];
        }
        ASSERT_NEAR(static_cast<double>(output[i]), truth[i],
                    1.01 * roundings * kRounding * magnitude)
            << i;
      }
    }
  }
}

TEST_P(HostKernels, KeepWhatIsNoNumberInACacheOfEightBits) {
  constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
  for (const float bad : {kNotANumber, -kNotANumber}) {
    std::vector<std::byte> keys(16 * 16), values(16 * 16);
    const host::HeadCache cache{.type = Type::e4m3, .keys = keys.data(), .values = values.data()};
    std::vector<float> number(16, 1e6F);  // becomes 448
    kernels_.append_key(cache, 16, 0, number.data());
    number[3] = bad;
    kernels_.append_value(cache, 16, 0, number.data());
    const std::vector<float> asked(16, 0.001F);
    const float* const query = asked.data();
    const std::int64_t seen = 1;
    float most = -std::numeric_limits<float>::infinity(), total = 0;
    std::vector<float> sums(16), scratch(host::kAttentionPositions + 16);
    kernels_.attend({.cache = cache,
                     .dim = 16,
                     .queries = 1,
                     .query = &query,
                     .seen = &seen,
                     .scale = 1,
                     .begin = 0,
                     .end = 1,
                     .most = &most,
                     .total = &total,
                     .sums = sums.data(),
                     .scratch = scratch.data()});
    EXPECT_NEAR(most, 16 * 448 * 0.001, 1e-4);
    EXPECT_EQ(sums[2], 448.0F);
    EXPECT_TRUE(std::isnan(sums[3]));
  }
}

TEST_P(HostKernels, AttendLikeAPlainSoftmax) {
  for (const auto& [name, type] : kv_types()) {
    for (const auto& [queries, dim, positions] :
         {std::tuple{1, 64, 1}, std::tuple{1, 80, 300}, std::tuple{8, 64, 1315},
          std::tuple{5, 20, 33}, std::tuple{32, 128, 100}, std::tuple{3, 7, 600}}) {
      SCOPED_TRACE(::testing::Message()
                   << name << ' ' << queries << ' ' << dim << ' ' << positions);
      const auto n = static_cast<std::size_t>(positions), d = static_cast<std::size_t>(dim);
      const auto count = static_cast<std::size_t>(queries);
      const auto size = static_cast<std::size_t>(type_info(type).block_bytes);
      std::vector<std::byte> keys((n + 16) * d * size), values(n * d * size);
      auto k = random_floats(n * d, 1), v = random_floats(n * d, 2);
      const auto q = random_floats(count * d, 3);
      const host::HeadCache cache{.type = type, .keys = keys.data(), .values = values.data()};
      for (std::size_t p = 0; p < n; ++p) {
        const auto position = static_cast<std::int64_t>(p);
        kernels_.append_key(cache, dim, position, k.data() + p * d);
        kernels_.append_value(cache, dim, position, v.data() + p * d);
      }
      for (auto* each : {&k, &v}) {  // as stored
        std::vector<std::byte> narrow(each->size() * size);
        from_float(type, *each, narrow);
        to_float(type, narrow, *each);
      }
      std::vector<const float*> query;
      std::vector<std::int64_t> seen;
      for (std::size_t i = 0; i < count; ++i) {
        query.push_back(q.data() + i * d);
        seen.push_back(std::max<std::int64_t>(
            1, positions - (queries - 1 - static_cast<std::int64_t>(i)) * 3));
      }
      std::vector<float> most(count, -std::numeric_limits<float>::infinity()), total(count),
          sums(count * d);
      std::vector<float> scratch(count * (host::kAttentionPositions + d));
      const std::int64_t half = positions / 2 / 16 * 16;
      for (const auto& [begin, end] : {std::pair<std::int64_t, std::int64_t>{0, half},
                                       std::pair<std::int64_t, std::int64_t>{half, positions}}) {
        kernels_.attend({.cache = cache,
                         .dim = dim,
                         .queries = queries,
                         .query = query.data(),
                         .seen = seen.data(),
                         .scale = 0.3F,
                         .begin = begin,
                         .end = end,
                         .most = most.data(),
                         .total = total.data(),
                         .sums = sums.data(),
                         .scratch = scratch.data()});
      }
      for (std::size_t i = 0; i < count; ++i) {
        std::vector<double> weights;
        for (std::int64_t p = 0; p < seen[i]; ++p) {
          double dot = 0;
          for (std::size_t e = 0; e < d; ++e) {
            dot += static_cast<double>(query[i][e]) *
                   static_cast<double>(k[static_cast<std::size_t>(p) * d + e]);
          }
          weights.push_back(0.3 * dot);
        }
        const double top = *std::max_element(weights.begin(), weights.end());
        for (double& each : weights) each = std::exp(each - top);
        const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
        for (std::size_t e = 0; e < d; ++e) {
          double expected = 0;
          for (std::size_t p = 0; p < weights.size(); ++p)
            expected += weights[p] * static_cast<double>(v[p * d + e]);
          ASSERT_NEAR(static_cast<double>(sums[i * d + e] / total[i]), expected / all, 2e-5)
              << i << ' ' << e;
        }
      }
    }
  }
}

TEST_P(HostKernels, NormaliseGateAndChooseAsDefined) {
  for (const std::int64_t count : {1, 15, 16, 33, 257}) {
    SCOPED_TRACE(count);
    const auto n = static_cast<std::size_t>(count);
    const auto x = random_floats(n, 1), w = random_floats(n, 2), b = random_floats(n, 3);
    std::vector<float> y(n);
    double squares = 0, sum = 0;
    for (const float each : x) {
      squares += static_cast<double>(each) * static_cast<double>(each);
      sum += static_cast<double>(each);
    }
    const double size = static_cast<double>(n), mean = sum / size;
    kernels_.rms_norm(x.data(), w.data(), 1e-5, count, y.data());
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(
          y[i],
          static_cast<double>(x[i]) * static_cast<double>(w[i]) / std::sqrt(squares / size + 1e-5),
          1e-5);
    }
    double spread = 0;
    for (const float each : x) spread += std::pow(static_cast<double>(each) - mean, 2);
    kernels_.layer_norm(x.data(), w.data(), b.data(), 1e-5, count, y.data());
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = (static_cast<double>(x[i]) - mean) / std::sqrt(spread / size + 1e-5) *
                                  static_cast<double>(w[i]) +
                              static_cast<double>(b[i]);
      EXPECT_NEAR(y[i], expected, 2e-5);
    }
    kernels_.silu_gate(x.data(), w.data(), count, y.data());
    for (std::size_t i = 0; i < n; ++i) {
      const auto g = static_cast<double>(x[i]);
      EXPECT_NEAR(y[i], g / (1 + std::exp(-g)) * static_cast<double>(w[i]), 1e-5);
    }
    kernels_.gelu_tanh(x.data(), count, y.data());
    for (std::size_t i = 0; i < n; ++i) {
      const auto g = static_cast<double>(x[i]);
      EXPECT_NEAR(
          y[i],
          0.5 * g * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (g + 0.044715 * g * g * g))),
          1e-5);
    }
    kernels_.softmax(x.data(), count, y.data());
    double total = 0;
    for (const float each : x) total += std::exp(static_cast<double>(each));
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NEAR(y[i], std::exp(static_cast<double>(x[i])) / total, 1e-6);
    EXPECT_EQ(kernels_.largest(x.data(), count), std::max_element(x.begin(), x.end()) - x.begin());
  }
  const std::vector<float> equal(40, 2.0F);
  EXPECT_EQ(kernels_.largest(equal.data(), 40), 0) << "the lowest index among equals";
}

TEST_P(HostKernels, KeepExtremesInRange) {
  const std::vector<float> x{-1e30F, -200.0F, 200.0F, 1e30F}, one(4, 1.0F);
  std::vector<float> y(4);
  kernels_.silu_gate(x.data(), one.data(), 4, y.data());
  EXPECT_NEAR(y[1], 0.0, 1e-30);
  EXPECT_FLOAT_EQ(y[2], 200.0F);
  EXPECT_FLOAT_EQ(y[3], 1e30F);
  kernels_.softmax(x.data(), 4, y.data());
  EXPECT_FLOAT_EQ(y[3], 1.0F);
  EXPECT_NEAR(y[0], 0.0, 1e-30);
}

INSTANTIATE_TEST_SUITE_P(Isas, HostKernels, ::testing::ValuesIn(available_isas()),
                         [](const auto& isa) { return std::string(name_of(isa.param)); });

TEST(HostIsa, NamesWhatThereIsWhenAskedForWhatIsNot) {
  EXPECT_EQ(parse_isa("scalar"), Isa::scalar);
  EXPECT_THROW(parse_isa("sse9"), std::exception);
}

}  // namespace
}  // namespace ridgepoint

#include "backends/host/self_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

using host::kBlock;
using host::Kernels;
using host::kTileRows;
using host::TileForm;

// More than one tile and less than two of rows and of outputs, so that every way through a block is
// taken; more than one slice of inputs, which are not whole steps where they need not be.
constexpr std::int64_t kRows = 35, kOutputs = 51;
constexpr std::int64_t kPlainInputs = 530, kTiledInputs = 768, kBlockInputs = 672;

std::int64_t draw(std::mt19937& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(high - low + 1));
}

/// Runs both on a copy of the same target each, in two ranges; equal results.
template <typename Product>
bool agree(const Product& product, const Kernels& checked, const Kernels& trusted) {
  std::vector<float> bias(kOutputs), ours(kRows * kOutputs);
  for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = static_cast<float>(i);
  for (std::size_t i = 0; i < ours.size(); ++i) ours[i] = static_cast<float>(i % 100);
  std::vector<float> theirs = ours;
  const auto run = [&](const Kernels& kernels, std::vector<float>& output) {
    product(kernels, host::ProductTarget{.output = output.data(),
                                         .stride = kOutputs,
                                         .bias = bias.data(),
                                         .addend = output.data(),
                                         .addend_stride = kOutputs});
  };
  run(checked, ours);
  run(trusted, theirs);
  return ours == theirs;
}

/// Where a weight has many bits an activation has few, and the other way round, so that a sum of
/// products stays below 2^24.
bool plain_agrees(Type type, const Kernels& checked, const Kernels& trusted) {
  std::mt19937 random(1);
  const std::int64_t largest = type == Type::f16 ? 2047 : 255;
  std::vector<float> weights(kOutputs * kPlainInputs), inputs(kRows * kPlainInputs);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::int64_t most = i % kPlainInputs % 2 == 0 ? largest : 4;
    weights[i] = static_cast<float>(draw(random, -most, most));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t most = i % kPlainInputs % 2 == 0 ? 4 : largest;
    inputs[i] = static_cast<float>(draw(random, -most, most));
  }
  std::vector<std::byte> bytes(weights.size() * 2);
  from_float(type, weights, bytes);
  const host::PlainMatrix matrix{
      .type = type, .out = kOutputs, .in = kPlainInputs, .data = bytes.data()};
  return agree(
      [&](const Kernels& kernels, const host::ProductTarget& target) {
        const host::FloatRows rows{.data = inputs.data(), .stride = kPlainInputs};
        kernels.plain_product(matrix, rows, kRows, 0, 17, target);
        kernels.plain_product(matrix, rows, kRows, 17, kOutputs, target);
      },
      checked, trusted);
}

/// Rows of any codes, with scales that are powers of two.
struct CheckedInputs {
  CheckedInputs(std::mt19937& random, std::int64_t in)
      : codes(static_cast<std::size_t>(kRows * in)),
        scales(codes.size() / kBlock),
        sums(2 * scales.size()),
        rows{.codes = codes.data(),
             .scales = scales.data(),
             .sums = sums.data(),
             .code_stride = in,
             .scale_stride = in / kBlock} {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      codes[i] = static_cast<std::int8_t>(draw(random, -127, 127));
      sums[i / (kBlock / 2)] += codes[i];
    }
    for (auto& each : scales) each = random() % 2 == 0 ? 0.5F : 1.0F;
  }
  CheckedInputs(const CheckedInputs&) = delete;
  CheckedInputs& operator=(const CheckedInputs&) = delete;

  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<std::int32_t> sums;
  host::QuantisedRows rows;
};

/// Any codes; scales that keep a weight within eight bits: powers of two, and for nibble_k steps so
/// small that scale * code - offset stays below 256.
bool tiled_agrees(TileForm form, const Kernels& checked, const Kernels& trusted) {
  std::mt19937 random(2);
  const bool groups = form == TileForm::nibble_k || form == TileForm::six;
  const bool bytes = form == TileForm::signed8 || form == TileForm::signed8_channel;
  const std::int64_t code_bytes = kTileRows * (bytes                    ? 32
                                               : form == TileForm::six  ? 24
                                               : form == TileForm::five ? 20
                                                                        : 16);
  const std::int64_t factors = form == TileForm::nibble_k ? 2 * kTileRows : kTileRows;
  const std::int64_t steps = !groups ? 0 : 16 * kTileRows;
  const bool row = form == TileForm::signed8_channel;
  const std::int64_t group = row ? kTiledInputs : groups ? 8 * kBlock : kBlock;
  const std::int64_t tiles = (kOutputs + kTileRows - 1) / kTileRows;
  std::vector<std::uint8_t> codes(
      static_cast<std::size_t>(tiles * (kTiledInputs / kBlock) * code_bytes));
  for (auto& each : codes) each = static_cast<std::uint8_t>(random());
  std::vector<std::byte> scales;
  for (std::int64_t g = 0; g < tiles * (kTiledInputs / group); ++g) {
    for (std::int64_t i = 0; i < factors; ++i) {
      const float factor = random() % 2 == 0 ? 0.5F : 1.0F;
      const auto append = [&](const auto& stored) {
        scales.insert(scales.end(), stored.begin(), stored.end());
      };
      if (row) {
        append(std::bit_cast<std::array<std::byte, 4>>(factor));
      } else {
        append(std::bit_cast<std::array<std::byte, 2>>(float_to_f16(factor)));
      }
    }
    for (std::int64_t i = 0; i < steps; ++i) {
      const std::int64_t step =
          form == TileForm::six ? std::int64_t{1} << draw(random, 0, 2) : draw(random, 0, 7);
      scales.push_back(static_cast<std::byte>(step));
    }
  }
  const host::TiledMatrix matrix{.form = form,
                                 .out = kOutputs,
                                 .in = kTiledInputs,
                                 .codes = codes.data(),
                                 .scales = scales.data(),
                                 .code_bytes_per_block = code_bytes,
                                 .scale_bytes_per_group = (row ? 4 : 2) * factors + steps,
                                 .group = group};
  const CheckedInputs input(random, kTiledInputs);
  return agree(
      [&](const Kernels& kernels, const host::ProductTarget& target) {
        kernels.tiled_product(matrix, input.rows, kRows, 0, 1, target);
        kernels.tiled_product(matrix, input.rows, kRows, 1, tiles, target);
      },
      checked, trusted);
}

/// Any codes, with scales as above in those bytes of a block that hold them.
void draw_block(Type type, std::mt19937& random, std::span<std::uint8_t> block) {
  for (auto& each : block) each = static_cast<std::uint8_t>(random());
  const auto put_scale = [&](std::size_t at) {
    const auto d =
        std::bit_cast<std::array<std::uint8_t, 2>>(float_to_f16(random() % 2 == 0 ? 0.5F : 1.0F));
    std::ranges::copy(d, block.begin() + static_cast<std::ptrdiff_t>(at));
  };
  if (type == Type::q6_k) {
    for (auto& factor : block.subspan(192, 16)) {
      factor = static_cast<std::uint8_t>(1 << draw(random, 0, 2));
    }
    put_scale(208);
    return;
  }
  put_scale(0);
  if (type != Type::q4_k) return;
  put_scale(2);
  // Factors below eight: of the first four blocks in a byte each, of the others in a nibble.
  for (auto& each : block.subspan(4, 8)) each = static_cast<std::uint8_t>(draw(random, 0, 7));
  for (auto& each : block.subspan(12, 4)) {
    each = static_cast<std::uint8_t>(draw(random, 0, 7) | draw(random, 0, 7) << 4);
  }
}

/// From an odd number of blocks, where half a step may be left.
bool blocks_agree(Type type, const Kernels& checked, const Kernels& trusted) {
  std::mt19937 random(3);
  const std::int64_t in = type == Type::q8_0 ? kBlockInputs : kTiledInputs;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(kOutputs * row_bytes(type, in)));
  const auto block_bytes = static_cast<std::size_t>(type_info(type).block_bytes);
  for (std::size_t at = 0; at < bytes.size(); at += block_bytes) {
    draw_block(type, random, std::span(bytes).subspan(at, block_bytes));
  }
  const host::BlockMatrix matrix{.type = type, .out = kOutputs, .in = in, .data = bytes.data()};
  const CheckedInputs input(random, in);
  return agree(
      [&](const Kernels& kernels, const host::ProductTarget& target) {
        kernels.block_product(matrix, input.rows, kRows, 0, 1, target);
        kernels.block_product(matrix, input.rows, kRows, 1, matrix.tiles(), target);
      },
      checked, trusted);
}

}  // namespace

std::string find_wrong_product(const Kernels& checked, const Kernels& trusted) {
  for (const auto& [type, name] : {std::pair{Type::f16, "f16"}, std::pair{Type::bf16, "bf16"}}) {
    if (!plain_agrees(type, checked, trusted)) {
      return fmt::format("product of {} weights is wrong", name);
    }
  }
  for (const TypeInfo& type : types()) {
    if (host::BlockMatrix::takes(type.type) && !blocks_agree(type.type, checked, trusted)) {
      return fmt::format("product of {} weights where a file has them is wrong", type.name);
    }
  }
  for (const auto& [form, name] :
       {std::pair{TileForm::signed8, "q8_g64"}, std::pair{TileForm::nibble, "q4_0"},
        std::pair{TileForm::five, "q5_0"}, std::pair{TileForm::nibble_k, "q4_k"},
        std::pair{TileForm::six, "q6_k"}, std::pair{TileForm::signed8_channel, "q8_channel"}}) {
    if (!tiled_agrees(form, checked, trusted)) {
      return fmt::format("product of {} weights is wrong", name);
    }
  }
  return "";
}

}  // namespace ridgepoint

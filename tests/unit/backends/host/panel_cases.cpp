#include "tests/unit/backends/host/panel_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <tuple>
#include <vector>

#include "backends/host/tiled_weights.h"
#include "backends/host/worker_team.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

using host::Kernels;
using host::PanelKernels;

constexpr double kU = 1.0 / 256;  // half the spacing of bf16, relative

std::vector<float> normal_floats(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> floats(static_cast<std::size_t>(count));
  for (float& each : floats) each = normal(random);
  return floats;
}

struct StoredMatrix {
  StoredMatrix(Type of, std::int64_t rows, std::int64_t columns)
      : type(of), out(rows), in(columns), meant(normal_floats(rows * columns, 7)) {
    bytes.resize(static_cast<std::size_t>(byte_count(type, {out, in})));
    const auto size = static_cast<std::size_t>(row_bytes(type, in));
    const auto width = static_cast<std::size_t>(in);
    for (std::size_t r = 0; r < static_cast<std::size_t>(out); ++r) {
      const auto row = std::span(bytes).subspan(r * size, size);
      const auto floats = std::span(meant).subspan(r * width, width);
      from_float(type, floats, row);
      to_float(type, row, floats);
    }
  }
  [[nodiscard]] TensorView view() const { return {type, {out, in}, bytes}; }
  [[nodiscard]] host::BlockMatrix blocks() const {
    return {.type = type,
            .out = out,
            .in = in,
            .data = reinterpret_cast<const std::uint8_t*>(bytes.data())};
  }
  [[nodiscard]] host::PlainMatrix plain() const {
    return {.type = type, .out = out, .in = in, .data = bytes.data()};
  }

  Type type;
  std::int64_t out, in;
  std::vector<float> meant;  // what the bytes stand for
  std::vector<std::byte> bytes;
};

struct Quantised {
  Quantised(const std::vector<float>& input, std::int64_t in)
      : codes(input.size()),
        scales(input.size() / host::kBlock),
        sums(2 * scales.size()),
        meant(input.size()) {
    rows = {.codes = codes.data(),
            .scales = scales.data(),
            .sums = sums.data(),
            .code_stride = in,
            .scale_stride = in / host::kBlock};
    for (std::int64_t r = 0; r < static_cast<std::int64_t>(input.size()) / in; ++r) {
      host::kScalarKernels.quantise(input.data() + r * in, in, r, 0, in / host::kBlock, rows);
    }
    for (std::size_t i = 0; i < input.size(); ++i) {
      meant[i] = static_cast<float>(codes[i]) * scales[i / host::kBlock];
    }
  }
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<std::int32_t> sums;
  std::vector<float> meant;
  host::QuantisedRows rows;
};

/// A product in float64, and the sum of the magnitudes of its terms.
struct Exact {
  double value = 0, magnitude = 0;
};

std::vector<Exact> exact_product(const StoredMatrix& weight, const std::vector<float>& input) {
  const auto out = static_cast<std::size_t>(weight.out), in = static_cast<std::size_t>(weight.in);
  std::vector<Exact> all;
  for (std::size_t r = 0; r < input.size() / in; ++r) {
    for (std::size_t o = 0; o < out; ++o) {
      Exact exact;
      for (std::size_t i = 0; i < in; ++i) {
        const double term =
            static_cast<double>(input[r * in + i]) * static_cast<double>(weight.meant[o * in + i]);
        exact.value += term;
        exact.magnitude += std::abs(term);
      }
      all.push_back(exact);
    }
  }
  return all;
}

/// Bias and addend, in place; and what they add to a product.
struct Target {
  Target(std::int64_t rows, std::int64_t outputs)
      : out(outputs), bias(normal_floats(outputs, 4)), output(normal_floats(rows * outputs, 5)) {
    for (std::size_t i = 0; i < output.size(); ++i) {
      added.push_back(static_cast<double>(output[i]) +
                      static_cast<double>(bias[i % static_cast<std::size_t>(out)]));
    }
  }
  [[nodiscard]] host::ProductTarget target() {
    return {.output = output.data(),
            .stride = out,
            .bias = bias.data(),
            .addend = output.data(),
            .addend_stride = out};
  }
  void expect(const std::vector<Exact>& truth, double share, std::int64_t in) const {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const double bound = (share + static_cast<double>(in) * 0x1p-23) * truth[i].magnitude + 1e-5;
      ASSERT_NEAR(static_cast<double>(output[i]), truth[i].value + added[i], bound) << i;
    }
  }

  std::int64_t out;
  std::vector<float> bias, output;
  std::vector<double> added;
};

const Kernels* given_base = nullptr;
const PanelKernels* given_panels = nullptr;

}  // namespace

Kernels with_panels(const Kernels& base, const PanelKernels& panels) {
  // A table holds plain functions; they find the ones that were given last.
  static Kernels kept_base;
  static PanelKernels kept_panels;
  kept_base = base;
  kept_panels = panels;
  given_base = &kept_base;
  given_panels = &kept_panels;
  Kernels kernels = base;
  kernels.plain_product = [](const host::PlainMatrix& weight, const host::FloatRows& input,
                             std::int64_t rows, std::int64_t begin, std::int64_t end,
                             const host::ProductTarget& target) {
    (weight.type == Type::f32 ? given_base->plain_product : given_panels->plain_product)(
        weight, input, rows, begin, end, target);
  };
  kernels.block_product = [](const host::BlockMatrix& weight, const host::QuantisedRows& input,
                             std::int64_t rows, std::int64_t begin, std::int64_t end,
                             const host::ProductTarget& target) {
    const bool by_panels = given_panels->block_product != nullptr;
    (by_panels ? given_panels->block_product : given_base->block_product)(weight, input, rows,
                                                                          begin, end, target);
  };
  kernels.tiled_product = [](const host::TiledMatrix& weight, const host::QuantisedRows& input,
                             std::int64_t rows, std::int64_t begin, std::int64_t end,
                             const host::ProductTarget& target) {
    if (given_panels->tiled_product == nullptr ||
        !given_panels->tiled_product(weight, input, rows, begin, end, target)) {
      given_base->tiled_product(weight, input, rows, begin, end, target);
    }
  };
  return kernels;
}

void expect_plain_products_within_bounds(const PanelKernels& panels, bool with_f16) {
  for (const Type type : {Type::bf16, Type::f16}) {
    if (type == Type::f16 && !with_f16) continue;
    for (const auto& [rows, out, in] :
         {std::tuple{1, 1, 1}, std::tuple{3, 5, 7}, std::tuple{16, 16, 32}, std::tuple{17, 33, 70},
          std::tuple{35, 51, 530}, std::tuple{50, 20, 1100}, std::tuple{5, 9, 4130},
          std::tuple{530, 17, 40}}) {
      SCOPED_TRACE(::testing::Message() << name_of(type) << ' ' << rows << ' ' << out << ' ' << in);
      const StoredMatrix weight(type, out, in);
      const auto input = normal_floats(std::int64_t{rows} * in, 3);
      Target target(rows, out);
      const host::FloatRows floats{.data = input.data(), .stride = in};
      panels.plain_product(weight.plain(), floats, rows, 0, out / 2, target.target());
      panels.plain_product(weight.plain(), floats, rows, out / 2, out, target.target());
      target.expect(exact_product(weight, input), type == Type::f16 ? 0x1p-15 : kU, in);
    }
  }
}

void expect_tiled_products_within_bounds(const PanelKernels& panels) {
  WorkerTeam team(1);
  for (const TypeInfo& info : types()) {
    if (!TiledWeights::has_form(info.type)) continue;
    for (const auto& [rows, out, blocks] : {std::tuple{1, 1, 1}, std::tuple{17, 40, 2},
                                            std::tuple{33, 70, 3}, std::tuple{5, 16, 19}}) {
      const std::int64_t in = blocks * std::max(info.block_elements, host::kBlock);
      const StoredMatrix weight(info.type, out, in);
      const TiledWeights tiled(weight.view(), host::kScalarKernels, team);
      const Quantised input(normal_floats(rows * in, 3), in);
      Target target(rows, out);
      const std::int64_t tiles = tiled.matrix().tiles();
      if (!panels.tiled_product(tiled.matrix(), input.rows, rows, 0, tiles / 2, target.target())) {
        break;  // a form that goes elsewhere
      }
      SCOPED_TRACE(::testing::Message() << info.name << ' ' << rows << ' ' << out << ' ' << in);
      panels.tiled_product(tiled.matrix(), input.rows, rows, tiles / 2, tiles, target.target());
      target.expect(exact_product(weight, input.meant), 2 * kU + kU * kU, in);
    }
  }
}

void expect_byte_products_within_bounds(const PanelKernels& panels) {
  WorkerTeam team(1);
  for (const auto& [rows, out, in] :
       {std::tuple{1, 1, 32}, std::tuple{17, 33, 64}, std::tuple{33, 70, 96},
        std::tuple{16, 16, 1056}, std::tuple{290, 20, 1120}, std::tuple{5, 40, 2080}}) {
    SCOPED_TRACE(::testing::Message() << rows << ' ' << out << ' ' << in);
    const StoredMatrix weight(Type::q8_channel, out, in);
    const TiledWeights tiled(weight.view(), host::kScalarKernels, team);
    // Scales far apart, so that some of a row's activations are few units.
    auto floats = normal_floats(std::int64_t{rows} * in, 3);
    for (std::size_t i = 0; i < floats.size(); ++i) {
      floats[i] *= std::ldexp(1.0F, static_cast<int>(i / host::kBlock * 7 % 9) - 4);
    }
    const Quantised input(floats, in);
    Target target(rows, out);
    const std::int64_t tiles = tiled.matrix().tiles();
    ASSERT_TRUE(
        panels.tiled_product(tiled.matrix(), input.rows, rows, 0, tiles / 2, target.target()));
    panels.tiled_product(tiled.matrix(), input.rows, rows, tiles / 2, tiles, target.target());
    const auto truth = exact_product(weight, input.meant);
    const auto width = static_cast<std::size_t>(in), outputs = static_cast<std::size_t>(out);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const std::size_t r = i / outputs, o = i % outputs;
      const auto scales = std::span(input.scales).subspan(r * width / 32, width / 32);
      const double unit = static_cast<double>(std::ranges::max(scales)) / 128;
      double magnitudes = 0;
      for (std::size_t k = 0; k < width; ++k) {
        magnitudes += std::abs(static_cast<double>(weight.meant[o * width + k]));
      }
      const double bound = unit / 2 * magnitudes + 0x1p-21 * truth[i].magnitude + 1e-5;
      ASSERT_NEAR(static_cast<double>(target.output[i]), truth[i].value + target.added[i], bound)
          << r << ' ' << o;
    }
  }
  constexpr std::int64_t kIn = 96, kOut = 20;
  const StoredMatrix weight(Type::q8_channel, kOut, kIn);
  const TiledWeights tiled(weight.view(), host::kScalarKernels, team);
  Quantised input(normal_floats(3 * kIn, 3), kIn);
  input.scales[3 + 1] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> output(3 * kOut);
  panels.tiled_product(tiled.matrix(), input.rows, 3, 0, tiled.matrix().tiles(),
                       {.output = output.data(), .stride = kOut});
  for (std::size_t i = 0; i < output.size(); ++i) {
    ASSERT_EQ(std::isnan(output[i]), i / kOut == 1) << i;
  }
}

void expect_block_products_within_bounds(const PanelKernels& panels) {
  for (const TypeInfo& info : types()) {
    if (!host::BlockMatrix::takes(info.type)) continue;
    for (const auto& [rows, out, blocks] : {std::tuple{1, 1, 1}, std::tuple{17, 40, 2},
                                            std::tuple{33, 70, 3}, std::tuple{5, 16, 19}}) {
      const std::int64_t in = blocks * info.block_elements;
      SCOPED_TRACE(::testing::Message() << info.name << ' ' << rows << ' ' << out << ' ' << in);
      const StoredMatrix weight(info.type, out, in);
      const Quantised input(normal_floats(rows * in, 3), in);
      Target target(rows, out);
      const std::int64_t tiles = weight.blocks().tiles();
      panels.block_product(weight.blocks(), input.rows, rows, 0, tiles / 2, target.target());
      panels.block_product(weight.blocks(), input.rows, rows, tiles / 2, tiles, target.target());
      target.expect(exact_product(weight, input.meant), 2 * kU + kU * kU, in);
    }
  }
}

void expect_same_product_from_several_threads(const PanelKernels& panels) {
  constexpr std::int64_t kRows = 40, kOut = 100, kIn = 96;
  constexpr int kThreads = 3;
  WorkerTeam team(kThreads);
  const StoredMatrix weight(Type::q4_0, kOut, kIn), plain(Type::bf16, kOut, kIn);
  const StoredMatrix blocks(Type::q8_0, kOut, kIn);
  const TiledWeights tiled(weight.view(), host::kScalarKernels, team);
  const auto input = normal_floats(kRows * kIn, 3);
  const Quantised quantised(input, kIn);
  const host::FloatRows floats{.data = input.data(), .stride = kIn};
  std::vector<float> plain_alone(kRows * kOut), tiled_alone(kRows * kOut);
  std::vector<float> plain_shared(kRows * kOut), tiled_shared(kRows * kOut);
  std::vector<float> blocks_alone(kRows * kOut), blocks_shared(kRows * kOut);
  const auto run = [&](std::int64_t begin, std::int64_t end, std::vector<float>& of_plain,
                       std::vector<float>& of_tiled, std::vector<float>& of_blocks) {
    const std::int64_t out = host::kTileRows;
    panels.plain_product(plain.plain(), floats, kRows, begin * out, std::min(end * out, kOut),
                         {.output = of_plain.data(), .stride = kOut});
    panels.tiled_product(tiled.matrix(), quantised.rows, kRows, begin, end,
                         {.output = of_tiled.data(), .stride = kOut});
    panels.block_product(blocks.blocks(), quantised.rows, kRows, begin, end,
                         {.output = of_blocks.data(), .stride = kOut});
  };
  const std::int64_t tiles = tiled.matrix().tiles();
  run(0, tiles, plain_alone, tiled_alone, blocks_alone);
  team.run([&](int part) {
    run(part * tiles / kThreads, (part + 1) * tiles / kThreads, plain_shared, tiled_shared,
        blocks_shared);
  });
  EXPECT_EQ(plain_alone, plain_shared);
  EXPECT_EQ(tiled_alone, tiled_shared);
  EXPECT_EQ(blocks_alone, blocks_shared);
}

void expect_little_error_beside_quantising(const PanelKernels& panels) {
  constexpr std::int64_t kRows = 32, kOut = 64, kIn = 512;
  const StoredMatrix weight(Type::q8_0, kOut, kIn);
  const auto input = normal_floats(kRows * kIn, 3);
  const Quantised quantised(input, kIn);
  const auto truth = exact_product(weight, input);
  const auto error_of = [&](const std::vector<float>& output) {
    double squares = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      squares += std::pow(static_cast<double>(output[i]) - truth[i].value, 2);
    }
    return std::sqrt(squares / static_cast<double>(truth.size()));
  };
  std::vector<float> integers(kRows * kOut), bf16(kRows * kOut);
  host::kScalarKernels.block_product(weight.blocks(), quantised.rows, kRows, 0,
                                     weight.blocks().tiles(),
                                     {.output = integers.data(), .stride = kOut});
  panels.block_product(weight.blocks(), quantised.rows, kRows, 0, weight.blocks().tiles(),
                       {.output = bf16.data(), .stride = kOut});
  EXPECT_LT(error_of(bf16), 1.25 * error_of(integers));
  ::testing::Test::RecordProperty("error_over_integers",
                                  std::to_string(error_of(bf16) / error_of(integers)));
}

}  // namespace ridgepoint

// Products over panels (AMX's kernels) against the product in float64, through the emulated machine
// of tiles and plain packing: on any CPU.
#include "backends/host/kernels/panel_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <tuple>
#include <vector>

#include "backends/host/kernels/emulated_tiles.h"
#include "backends/host/kernels/pairs_scalar.h"
#include "backends/host/kernels/panel_kernels.h"
#include "backends/host/self_check.h"
#include "backends/host/tiled_weights.h"
#include "backends/host/worker_team.h"
#include "tests/unit/backends/host/panel_cases.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

using host::EmulatedTiles;
using host::PanelKernels;
using host::ScalarPairs;

constexpr PanelKernels kEmulated = host::make_tile_kernels<ScalarPairs, EmulatedTiles>();

TEST(PanelProduct, MultipliesPlainWeightsOfOddSizesWithinItsBound) {
  expect_plain_products_within_bounds(kEmulated);
}

TEST(PanelProduct, MultipliesTiledWeightsWithinItsBound) {
  expect_tiled_products_within_bounds(kEmulated);
}

TEST(PanelProduct, MultipliesBytesWithOneScaleARowWithinTheirBound) {
  expect_byte_products_within_bounds(kEmulated);
}

TEST(PanelProduct, MultipliesBlocksWhereTheyLieWithinItsBound) {
  expect_block_products_within_bounds(kEmulated);
}

TEST(PanelProduct, SharesItsOutputsAmongThreads) {
  expect_same_product_from_several_threads(kEmulated);
}

TEST(PanelProduct, AddsLessErrorThanQuantisingActivationsDid) {
  expect_little_error_beside_quantising(kEmulated);
}

TEST(PanelProduct, PassesTheSelfCheck) {
  EXPECT_EQ(find_wrong_product(with_panels(host::kScalarKernels, kEmulated), host::kScalarKernels),
            "");
}

/// Multiplies the pairs of one row of weights too few.
class ForgetfulTiles : public EmulatedTiles {
 public:
  template <int sum, int inputs, int weights>
  void dot() {
    if (++dots_ % 7 != 0) EmulatedTiles::dot<sum, inputs, weights>();
  }

 private:
  int dots_ = 0;
};

/// Takes the tile of another place.
class MistakenTiles : public EmulatedTiles {
 public:
  template <int tile>
  void store(void* to, std::int64_t stride) const {
    EmulatedTiles::store<tile == 2 ? 1 : tile>(to, stride);
  }
};

template <class Tiles>
std::string wrong_product_of() {
  return find_wrong_product(
      with_panels(host::kScalarKernels, host::make_tile_kernels<ScalarPairs, Tiles>()),
      host::kScalarKernels);
}

TEST(PanelProduct, FailsTheSelfCheckOnAMachineThatComputesWrongly) {
  EXPECT_EQ(wrong_product_of<ForgetfulTiles>(), "product of f16 weights is wrong");
  EXPECT_EQ(wrong_product_of<MistakenTiles>(), "product of f16 weights is wrong");
}

/// Its packing swaps the inputs of every pair, but of plain weights.
struct SwappedPairs : ScalarPairs {
  static I pair(const F& even, const F& odd) { return ScalarPairs::pair(odd, even); }
};

TEST(PanelProduct, FailsTheSelfCheckOnInputsInTheWrongOrder) {
  EXPECT_EQ(find_wrong_product(with_panels(host::kScalarKernels,
                                           host::make_tile_kernels<SwappedPairs, EmulatedTiles>()),
                               host::kScalarKernels),
            "product of q8_0 weights where a file has them is wrong");
}

/// Its bytes are right in all rows of activations but the last.
class LazyBytes : public EmulatedTiles {
 public:
  template <int sum, int inputs, int weights>
  void dot_bytes() {
    std::byte kept[64];
    std::byte all[1024];
    EmulatedTiles::store_tile(sum, all, 64);
    std::copy_n(all + 15 * 64, 64, kept);
    EmulatedTiles::dot_bytes<sum, inputs, weights>();
    EmulatedTiles::store_tile(sum, all, 64);
    std::copy_n(kept, 64, all + 15 * 64);
    EmulatedTiles::load_tile(sum, all, 64);
  }
};

TEST(PanelProduct, FailsTheSelfCheckOnAMachineThatMultipliesBytesWrongly) {
  EXPECT_EQ(wrong_product_of<LazyBytes>(), "product of q8_channel weights is wrong");
}

TEST(EmulatedTiles, SumEvenAndOddInputsApartAndFlushWhatIsTooSmall) {
  EmulatedTiles tiles;
  std::vector<std::uint16_t> x(512), w(512);
  std::vector<float> sums(256);
  const auto run = [&] {
    tiles.load<0>(sums.data(), 64);
    tiles.load<1>(x.data(), 64);
    tiles.load<2>(w.data(), 64);
    tiles.dot<0, 1, 2>();
    tiles.store<0>(sums.data(), 64);
  };
  // Row 3 times output 5: 2 * 3 from an even input, 4 * 5 from an odd one, on top of 7.
  x[3 * 32 + 6] = float_to_bf16(2);
  w[3 * 32 + 10] = float_to_bf16(3);
  x[3 * 32 + 31] = float_to_bf16(4);
  w[15 * 32 + 11] = float_to_bf16(5);
  sums[3 * 16 + 5] = 7;
  run();
  EXPECT_EQ(sums[3 * 16 + 5], 33);
  // A large even sum and a small odd one: the odd ones are not lost one by one.
  std::fill(x.begin(), x.end(), float_to_bf16(1));
  std::fill(w.begin(), w.end(), std::uint16_t{0});
  w[0] = float_to_bf16(16777216);
  for (std::size_t k = 0; k < 16; ++k) w[k * 32 + 1] = float_to_bf16(1);
  sums.assign(256, 0);
  run();
  EXPECT_EQ(sums[0], 16777216.0F + 16.0F);
  // Denormal factors and products are zero.
  std::fill(w.begin(), w.end(), std::uint16_t{1});
  sums.assign(256, 0);
  run();
  EXPECT_EQ(sums[0], 0.0F);
}

}  // namespace
}  // namespace ridgepoint

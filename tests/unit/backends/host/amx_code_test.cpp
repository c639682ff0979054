// AMX's kernels as they are compiled. Where the CPU has AMX they run on it; where it has only the
// AVX-512 that they need besides, their tile instructions are caught and emulated (tile_trap.h).
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "backends/host/isa.h"
#include "backends/host/kernels.h"
#include "backends/host/self_check.h"
#include "backends/quantized/quantized_backend.h"
#include "backends/registry.h"
#include "backends/session.h"
#include "tests/support/tile_trap.h"
#include "tests/unit/backends/host/panel_cases.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/model.h"

#if defined(__x86_64__)
namespace ridgepoint {
namespace {

bool has(Isa isa) {
  return isas()[static_cast<std::size_t>(isa)].available;
}

class AmxCode : public ::testing::Test {
 protected:
  void SetUp() override {
    if (has(Isa::amx)) return;
    if (!has(Isa::avx512bf16)) GTEST_SKIP() << "the CPU lacks AVX512_BF16";
    before_ = TileTrap::caught();
    trap_.emplace();
  }
  void TearDown() override {
    if (!trap_) return;
    EXPECT_GT(TileTrap::caught(), before_) << "no tile instruction was reached";
    EXPECT_FALSE(TileTrap::configured()) << "the thread's tiles were not released";
  }
  std::optional<TileTrap> trap_;
  long before_ = 0;
};

TEST_F(AmxCode, MultipliesPlainWeightsOfOddSizesWithinItsBound) {
  expect_plain_products_within_bounds(host::kAmxPanels);
}

TEST_F(AmxCode, MultipliesTiledWeightsWithinItsBound) {
  expect_tiled_products_within_bounds(host::kAmxPanels);
}

TEST_F(AmxCode, MultipliesBytesWithOneScaleARowWithinTheirBound) {
  expect_byte_products_within_bounds(host::kAmxPanels);
}

TEST_F(AmxCode, MultipliesBlocksWhereTheyLieWithinItsBound) {
  expect_block_products_within_bounds(host::kAmxPanels);
}

TEST_F(AmxCode, SharesItsOutputsAmongThreads) {
  expect_same_product_from_several_threads(host::kAmxPanels);
}

TEST_F(AmxCode, PassesTheSelfCheck) {
  EXPECT_EQ(find_wrong_product(host::kernels_for(Isa::amx), host::kernels_for(Isa::avx512)), "");
}

std::vector<float> logits_after_prompt(const Backend& backend, const Model& model) {
  const auto session =
      backend.open_session(model, {.batch = 1, .capacity = 48, .threads = 2, .prefill_rows = 48});
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < 45; ++i) {
    tokens.push_back((i * 7 + 3) % static_cast<std::int32_t>(model.config.vocab));
  }
  session->forward(tokens);
  return {session->logits().begin(), session->logits().end()};
}

TEST_F(AmxCode, PredictsWhatTheReferencePredicts) {
  const Model model = load_model(std::string(RIDGEPOINT_SOURCE_DIR) +
                                 "/tests/golden/models/llama-blocks/model-q8_0.gguf");
  const auto truth = logits_after_prompt(*open_backend("reference"), model);
  const auto got =
      logits_after_prompt(QuantizedBackend({.isa = {.isa = Isa::amx, .note = ""}}), model);
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    worst =
        std::max(worst, std::abs(static_cast<double>(got.at(i)) - static_cast<double>(truth[i])));
    largest = std::max(largest, std::abs(static_cast<double>(truth[i])));
  }
  EXPECT_LT(worst / largest, 6e-2);
}

TEST(DotCode, MultipliesPlainWeightsWithinItsBound) {
  if (!has(Isa::avx512bf16)) GTEST_SKIP() << "the CPU lacks AVX512_BF16";
  expect_plain_products_within_bounds(host::kAvx512Bf16Panels, false);
  expect_plain_products_within_bounds(host::kAvx512Bf16Rows, false);
  EXPECT_EQ(find_wrong_product(host::kernels_for(Isa::avx512bf16), host::kernels_for(Isa::avx512)),
            "");
}

}  // namespace
}  // namespace ridgepoint
#endif

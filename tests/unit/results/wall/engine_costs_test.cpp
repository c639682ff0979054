// The arithmetic of the memory wall, on figures that can be followed by hand.
#include "results/wall/engine_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "results/wall/memory_fit.h"
#include "workloads/error.h"
#include "workloads/models/shapes.h"
#include "workloads/models/slice.h"

namespace ridgepoint {
namespace {

/// Weights cost 10 ns a byte for up to 4 rows and 40 for 16, KV 5 ns a byte, a prefill of 100 rows
/// 200 ns a byte, its attention 2 ns an operation.
EngineCosts known_costs() {
  return {.by_rows = {{1, 10e-9}, {4, 10e-9}, {16, 40e-9}, {100, 200e-9}},
          .kv = {{1, 64, 5e-9}},
          .attention = {{1, 64, 2e-9}}};
}

TEST(EngineCosts, GoStraightBetweenRowsAndInProportionPastThem) {
  const EngineCosts costs = known_costs();
  EXPECT_DOUBLE_EQ(costs.seconds_per_weight_byte(1), 10e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_weight_byte(2), 10e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_weight_byte(10), 25e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_weight_byte(100), 200e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_weight_byte(200), 400e-9);
}

TEST(EngineCosts, OfTheCacheGoBetweenRowsAndPastsThatWereTimed) {
  EngineCosts costs;
  costs.kv = {{1, 1024, 4e-9}, {1, 4096, 8e-9}, {4, 1024, 12e-9}, {4, 4096, 16e-9}};
  EXPECT_DOUBLE_EQ(costs.seconds_per_kv_byte(1, 1024), 4e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_kv_byte(1, 2048), 6e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_kv_byte(2, 1024), 8e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_kv_byte(2, 2048), 10e-9);
  EXPECT_DOUBLE_EQ(costs.seconds_per_kv_byte(16, 1'000'000), 16e-9) << "as at the border";
  EXPECT_DOUBLE_EQ(costs.seconds_per_kv_byte(1, 0), 4e-9);
  EXPECT_EQ(EngineCosts{}.seconds_per_kv_byte(1, 100), 0);
}

StepWork work_of(std::int64_t rows, std::int64_t past, std::int64_t kv, std::int64_t flops) {
  return {
      .rows = rows, .past = past, .weight_bytes = 1000, .kv_bytes = kv, .attention_flops = flops};
}

TEST(EngineCosts, AreFoundInTheTimesThatTheyMake) {
  // 1000 bytes of weights; KV of 10 bytes a token, which many sequences read at half the cost.
  const std::vector<SliceTime> decode = {{work_of(1, 2, 20, 0), 10e-6 + 20 * 5e-9},
                                         {work_of(16, 2, 320, 0), 40e-6 + 320 * 2.5e-9}};
  const std::vector<DeepTime> deep = {
      {work_of(1, 2, 20, 0), work_of(1, 202, 2020, 0), 2000 * 5e-9},
      {work_of(16, 2, 320, 0), work_of(16, 52, 8320, 0), 8000 * 2.5e-9}};
  const std::vector<SliceTime> prefill = {{work_of(100, 0, 0, 500), 200e-6 + 500 * 2e-9}};
  const std::vector<DeepTime> deep_prefill = {
      {work_of(100, 0, 0, 500), work_of(100, 64, 0, 5500), 5000 * 2e-9}};
  const EngineCosts costs = fit_costs(decode, deep, prefill, deep_prefill);
  EXPECT_NEAR(costs.seconds_per_kv_byte(1, 100), 5e-9, 1e-15);
  EXPECT_NEAR(costs.seconds_per_kv_byte(16, 100), 2.5e-9, 1e-15);
  EXPECT_NEAR(costs.seconds_per_attention_flop(64), 2e-9, 1e-15);
  ASSERT_EQ(costs.by_rows.size(), 3U);
  EXPECT_NEAR(costs.by_rows[0].seconds_per_weight_byte, 10e-9, 1e-15);
  EXPECT_NEAR(costs.by_rows[1].seconds_per_weight_byte, 40e-9, 1e-15);
  EXPECT_NEAR(costs.by_rows[2].seconds_per_weight_byte, 200e-9, 1e-15);
}

TEST(EngineCosts, AreNeverBelowZeroAndNeedSomethingTimed) {
  const std::vector<SliceTime> decode = {{work_of(1, 2, 20, 0), 10e-6}};
  const std::vector<SliceTime> prefill = {{work_of(8, 0, 0, 10), 20e-6}};
  const std::vector<DeepTime> faster = {{work_of(1, 2, 20, 10), work_of(1, 200, 2000, 900), -1e-6}};
  const auto costs = fit_costs(decode, faster, prefill, faster);
  EXPECT_EQ(costs.seconds_per_kv_byte(1, 200), 0);
  EXPECT_EQ(costs.seconds_per_attention_flop(200), 0);
  EXPECT_THROW(fit_costs({}, faster, prefill, faster), Error);
  EXPECT_THROW(fit_costs(decode, faster, {}, faster), Error);
}

TEST(PredictedDecode, IsWeightsOnceAndKvForEach) {
  const StepWork step{.rows = 4, .weight_bytes = 1'000'000, .kv_bytes = 400'000};
  const auto time = predict_decode(known_costs(), step);
  EXPECT_DOUBLE_EQ(time.weight_seconds, 10e-3);
  EXPECT_DOUBLE_EQ(time.attention_seconds, 2e-3);
  EXPECT_DOUBLE_EQ(time.seconds, 12e-3);
}

TEST(PredictedPrefill, AddsItsPieces) {
  const std::vector<StepWork> pieces = {
      {.rows = 100, .weight_bytes = 1000, .attention_flops = 50'000},
      {.rows = 16, .weight_bytes = 1000, .attention_flops = 100'000}};
  const auto time = predict_prefill(known_costs(), pieces);
  EXPECT_DOUBLE_EQ(time.weight_seconds, 200e-6 + 40e-6);
  EXPECT_DOUBLE_EQ(time.attention_seconds, 300e-6);
}

TEST(RoofTime, IsTheLongerOfMovingAndComputingInEachPass) {
  const MachineRoof roof{.bytes_per_second = 1e9, .operations_per_second = 1e12};
  const std::vector<StepWork> moving = {
      {.weight_bytes = 2'000'000, .kv_bytes = 1'000'000, .product_flops = 1'000'000}};
  EXPECT_DOUBLE_EQ(roof_seconds(roof, moving), 3e-3);
  const std::vector<StepWork> both = {
      moving[0], {.weight_bytes = 1000, .product_flops = 6'000'000'000, .attention_flops = 1}};
  EXPECT_NEAR(roof_seconds(roof, both), 9e-3, 1e-9);
}

TEST(CriticalBatch, IsWhereProductsTakeTwiceAsLong) {
  EXPECT_DOUBLE_EQ(critical_batch(known_costs()), 8);  // 20 ns, a third of the way from 4 to 16
  EngineCosts flat = known_costs();
  flat.by_rows = {{1, 10e-9}, {16, 12e-9}};
  EXPECT_EQ(critical_batch(flat), 0);
}

TEST(CriticalBatch, ByCeilingsIsTheirRatioOverTheIntensityOfOneSequence) {
  const MachineRoof roof{.bytes_per_second = 1e9, .operations_per_second = 50e9};
  EXPECT_DOUBLE_EQ(critical_batch(roof, {.weight_bytes = 1000, .product_flops = 2000}), 25);
}

TEST(CrossingContext, IsWhereTheCacheTakesAsLongAsTheWeights) {
  // 10 us of weights; 1 us of KV at a context of 64.
  const StepWork step{.rows = 1, .past = 63, .weight_bytes = 1000, .kv_bytes = 200};
  EXPECT_NEAR(crossing_context(known_costs(), step), 640, 1e-6);
  EngineCosts costs = known_costs();
  costs.kv = {{1, 64, 5e-9}, {1, 640, 10e-9}};
  EXPECT_NEAR(crossing_context(costs, step), 364.6, 0.6) << "the cache gets slower on the way";
  costs.kv.clear();
  EXPECT_EQ(crossing_context(costs, step), 0);
}

TEST(MemoryFit, SharesWhatIsLeftOfMemory) {
  const MemoryNeed need{.available_bytes = 10'000,
                        .weight_bytes = 4'000,
                        .kv_bytes_per_token = 10,
                        .parameters = 8'000};
  EXPECT_EQ(largest_batch(need, 100), 6);
  EXPECT_EQ(largest_context(need, 3), 200);
  EXPECT_EQ(largest_parameters(need), 20'000);
  EXPECT_EQ(largest_batch({.available_bytes = 10, .weight_bytes = 20, .kv_bytes_per_token = 1}, 1),
            0);
}

TEST(StepWork, CountsWeightsOnceAndTheCacheOfEachSequence) {
  const Model model = outline_model(*find_shape("tiny"), Type::f16);
  const Phase one{.batch = 1, .tokens = 1, .capacity = 64};
  Phase four = one;
  four.batch = 4;
  const auto single = step_work(lower(model, one), 9), several = step_work(lower(model, four), 9);
  EXPECT_EQ(several.rows, 4);
  EXPECT_EQ(several.product_flops, 4 * single.product_flops);
  EXPECT_EQ(several.kv_bytes, 4 * single.kv_bytes);
  EXPECT_LT(several.weight_bytes, single.weight_bytes + 4 * 4096);  // rows of the embedding
  // Keys and values of ten positions are read and one is written.
  EXPECT_EQ(single.kv_bytes, 11 * kv_bytes_per_token(model.config, Type::f16));
}

TEST(StepWork, OfAPromptIsItsPieces) {
  const Model model = outline_model(*find_shape("tiny"), Type::f16);
  const Phase phase{.batch = 2, .capacity = 64};
  const auto pieces = prefill_work(model, phase, 20, 5, 16);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].rows, 16);
  EXPECT_EQ(pieces[2].rows, 8);
  EXPECT_GT(pieces[1].attention_flops, pieces[0].attention_flops);
}

}  // namespace
}  // namespace ridgepoint

// Each operator against numbers worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "run_op.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;

TEST(ReferenceOperators, EmbeddingLooksRowsUp) {
  const OpInput tokens{Role::input, {3}, {2, 0, 2}, Type::i32};
  EXPECT_THAT(run_op(Embedding{}, {tokens, weight({3, 2}, {1, 2, 3, 4, 5, 6})}, {.tokens = 3}),
              ElementsAre(5, 6, 1, 2, 5, 6));
}

TEST(ReferenceOperators, EmbeddingRefusesTokensOutsideTheTable) {
  for (const float token : {-1.0F, 3.0F}) {
    const OpInput tokens{Role::input, {1}, {token}, Type::i32};
    EXPECT_THROW(run_op(Embedding{}, {tokens, weight({3, 2}, {1, 2, 3, 4, 5, 6})}, {}), Error);
  }
}

TEST(ReferenceOperators, PositionEmbeddingCountsFromThePastInEverySequence) {
  const auto table = weight({4, 1}, {10, 20, 30, 40});
  EXPECT_THAT(run_op(PositionEmbedding{}, {activation({4, 1}, {1, 2, 3, 4}), table},
                     {.batch = 2, .tokens = 2, .past = 1}),
              ElementsAre(21, 32, 23, 34));
  EXPECT_THROW(
      run_op(PositionEmbedding{}, {activation({2, 1}, {1, 2}), table}, {.tokens = 2, .past = 3}),
      Error);
}

TEST(ReferenceOperators, RmsNormDividesByTheRootMeanSquare) {
  // mean(9, 16) = 12.5
  const auto root = static_cast<float>(std::sqrt(12.5));
  EXPECT_THAT(run_op(RmsNorm{.epsilon = 0}, {activation({1, 2}, {3, -4}), weight({2}, {1, 2})}, {}),
              ElementsAre(FloatEq(3 / root), FloatEq(-8 / root)));
}

TEST(ReferenceOperators, LayerNormCentresAndScales) {
  // mean 2, variance (4 + 0 + 4) / 3
  const auto deviation = static_cast<float>(std::sqrt(8.0 / 3.0));
  EXPECT_THAT(
      run_op(LayerNorm{.epsilon = 0},
             {activation({1, 3}, {0, 2, 4}), weight({3}, {1, 1, 2}), weight({3}, {0, 7, 1})}, {}),
      ElementsAre(FloatEq(-2 / deviation), FloatEq(7), FloatEq(4 / deviation + 1)));
}

TEST(ReferenceOperators, MatrixProductMultipliesByTheTransposedWeight) {
  EXPECT_THAT(run_op(MatrixProduct{},
                     {activation({2, 2}, {1, 2, 3, 4}), weight({3, 2}, {1, 0, 0, 1, 10, 100})},
                     {.tokens = 2}),
              ElementsAre(1, 2, 210, 3, 4, 430));
}

TEST(ReferenceOperators, MatrixProductReadsEveryWeightType) {
  // 32 weights that every type holds exactly: q4_0 with scale 1 spans -8 .. 7.
  std::vector<float> row(32, 0.0F), input(32, 1.0F);
  row[0] = -8;
  row[5] = 7;
  row[31] = 3;
  input[31] = 0.5F;
  for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::q4_0}) {
    EXPECT_THAT(
        run_op(MatrixProduct{}, {activation({1, 32}, input), weight({1, 32}, row, type)}, {}),
        ElementsAre(0.5F))
        << name_of(type);
  }
  row[0] = 127;  // q8_0 with scale 1
  EXPECT_THAT(
      run_op(MatrixProduct{}, {activation({1, 32}, input), weight({1, 32}, row, Type::q8_0)}, {}),
      ElementsAre(135.5F));
}

TEST(ReferenceOperators, MatrixProductComputesWithWhatAnyWeightTypeMeans) {
  for (const TypeInfo& info : types()) {
    if (!info.weight) continue;
    std::vector<float> input(512), weights(2 * 512);
    for (std::size_t i = 0; i < input.size(); ++i) {
      input[i] = static_cast<float>(i % 13) - 6;
      weights[i] = std::sin(static_cast<float>(i));
      weights[512 + i] = std::cos(static_cast<float>(i * i));
    }
    double expected[2] = {0, 0};
    for (std::size_t row = 0; row < 2; ++row) {
      const auto of_row = std::span(weights).subspan(512 * row, 512);
      std::vector<float> meant(512);
      to_float(info.type, bytes_of_numbers(info.type, of_row, 512), meant);
      for (std::size_t i = 0; i < 512; ++i) {
        expected[row] += static_cast<double>(input[i]) * static_cast<double>(meant[i]);
      }
    }
    EXPECT_THAT(run_op(MatrixProduct{},
                       {activation({1, 512}, input), weight({2, 512}, weights, info.type)}, {}),
                ElementsAre(FloatEq(static_cast<float>(expected[0])),
                            FloatEq(static_cast<float>(expected[1]))))
        << info.name;
  }
}

TEST(ReferenceOperators, MatrixProductSumsInFloat64) {
  // In float32 the small terms would be lost one by one beside the large one.
  std::vector<float> input(4097, 1.0F);
  input[0] = 16777216.0F;  // 2^24
  const std::vector<float> ones(4097, 1.0F);
  EXPECT_THAT(run_op(MatrixProduct{}, {activation({1, 4097}, input), weight({1, 4097}, ones)}, {}),
              ElementsAre(16781312.0F));
}

TEST(ReferenceOperators, BiasAddAndSelectLastMoveNumbersPlainly) {
  EXPECT_THAT(run_op(Bias{}, {activation({2, 2}, {1, 2, 3, 4}), weight({2}, {10, 20})}, {}),
              ElementsAre(11, 22, 13, 24));
  EXPECT_THAT(run_op(Add{}, {activation({1, 2}, {1, 2}), activation({1, 2}, {5, -7})}, {}),
              ElementsAre(6, -5));
  EXPECT_THAT(run_op(SelectLast{.batch = 2}, {activation({6, 1}, {1, 2, 3, 4, 5, 6})},
                     {.batch = 2, .tokens = 3}),
              ElementsAre(3, 6));
}

TEST(ReferenceOperators, RopeTurnsAdjacentOrHalfwayPairs) {
  // A quarter turn a position for the first pair, none for the second; position 1.
  const std::vector<double> frequencies{std::numbers::pi / 2, 0.0};
  const auto input = activation({1, 4}, {1, 2, 3, 4});
  EXPECT_THAT(
      run_op(
          Rope{.head_dim = 4, .pairing = RopePairing::adjacent, .inverse_frequencies = frequencies},
          {input}, {.past = 1}),
      ElementsAre(FloatNear(-2, 1e-6F), FloatNear(1, 1e-6F), 3, 4));
  EXPECT_THAT(
      run_op(
          Rope{.head_dim = 4, .pairing = RopePairing::halves, .inverse_frequencies = frequencies},
          {input}, {.past = 1}),
      ElementsAre(FloatNear(-3, 1e-6F), 2, FloatNear(1, 1e-6F), 4));
}

TEST(ReferenceOperators, RopeGivesRowsTheirPositionWithinTheSequence) {
  // Half a turn a position: odd positions change sign.
  const Rope rope{
      .head_dim = 2, .pairing = RopePairing::adjacent, .inverse_frequencies = {std::numbers::pi}};
  const auto got = run_op(rope, {activation({4, 2}, {1, 0, 1, 0, 1, 0, 1, 0})},
                          {.batch = 2, .tokens = 2, .past = 4});
  EXPECT_NEAR(got[0], 1, 1e-6);
  EXPECT_NEAR(got[2], -1, 1e-6);
  EXPECT_NEAR(got[4], 1, 1e-6);
  EXPECT_NEAR(got[6], -1, 1e-6);
}

TEST(ReferenceOperators, AttentionSeesItsPastAndItselfOnly) {
  // Equal scores: the output is the mean of the visible values.
  const auto keys = cache({1, 4, 1}, {0, 0, 0, 0});
  const auto values = cache({1, 4, 1}, {1, 3, 8, 1000});
  const Attention attention{.heads = 1, .kv_heads = 1, .head_dim = 1, .scale = 1};
  EXPECT_THAT(run_op(attention, {activation({2, 1}, {5, 5}), keys, values},
                     {.tokens = 2, .past = 1, .capacity = 4}),
              ElementsAre(2, 4));
}

TEST(ReferenceOperators, AttentionWeighsByTheScaledScore) {
  // Scores 0 and scale * log(3) / scale: weights 1/4 and 3/4.
  const auto keys = cache({1, 2, 1}, {0, 1});
  const auto values = cache({1, 2, 1}, {4, 8});
  const Attention attention{.heads = 1, .kv_heads = 1, .head_dim = 1, .scale = 0.5};
  const auto query = static_cast<float>(2 * std::log(3.0));
  EXPECT_THAT(
      run_op(attention, {activation({1, 1}, {query}), keys, values}, {.past = 1, .capacity = 2}),
      ElementsAre(FloatNear(7, 1e-5F)));
}

TEST(ReferenceOperators, AttentionSharesKeyHeadsAmongGroups) {
  // Four query heads on two key-value heads: each sees its own group's values.
  const auto keys = cache({1, 1, 2}, {1, 1});
  const auto values = cache({1, 1, 2}, {10, 20});
  const Attention attention{.heads = 4, .kv_heads = 2, .head_dim = 1, .scale = 1};
  EXPECT_THAT(run_op(attention, {activation({1, 4}, {1, 2, 3, 4}), keys, values}, {.capacity = 1}),
              ElementsAre(10, 10, 20, 20));
}

TEST(ReferenceOperators, AttentionSurvivesHugeScores) {
  const auto keys = cache({1, 2, 1}, {1e18F, -1e18F});
  const auto values = cache({1, 2, 1}, {4, 8});
  const Attention attention{.heads = 1, .kv_heads = 1, .head_dim = 1, .scale = 1};
  EXPECT_THAT(
      run_op(attention, {activation({1, 1}, {1e18F}), keys, values}, {.past = 1, .capacity = 2}),
      ElementsAre(4));
}

TEST(ReferenceOperators, NarrowCachesHoldRoundedNumbers) {
  const std::vector<float> exact{0.1F, 1.0F / 3, 2.7182817F, -1e-3F};
  const Attention attention{.heads = 1, .kv_heads = 1, .head_dim = 2, .scale = 0.7};
  const auto query = activation({1, 2}, {0.9F, -1.1F});
  for (const Type type : {Type::f16, Type::bf16, Type::e4m3}) {
    std::vector<float> rounded = exact;
    std::vector<std::byte> stored(static_cast<std::size_t>(row_bytes(type, 4)));
    from_float(type, exact, stored);
    to_float(type, stored, rounded);
    const OpRun how{.past = 1, .capacity = 2};
    const auto narrow = run_op(
        attention, {query, cache({1, 2, 2}, exact, type), cache({1, 2, 2}, exact, type)}, how);
    const auto wide =
        run_op(attention, {query, cache({1, 2, 2}, rounded), cache({1, 2, 2}, rounded)}, how);
    EXPECT_EQ(narrow, wide) << name_of(type);
  }
}

TEST(ReferenceOperators, SoftmaxSumsToOneWhateverTheSize) {
  EXPECT_THAT(run_op(Softmax{},
                     {activation({2, 2}, {0, static_cast<float>(std::log(3.0)), 1e30F,
                                          -std::numeric_limits<float>::infinity()})},
                     {}),
              ElementsAre(FloatEq(0.25F), FloatEq(0.75F), 1, 0));
}

TEST(ReferenceOperators, SiluGateGates) {
  EXPECT_THAT(
      run_op(SiluGate{}, {activation({1, 3}, {0, 100, -1000}), activation({1, 3}, {5, 2, 3})}, {}),
      ElementsAre(0, 200, 0));
}

TEST(ReferenceOperators, GeluTakesBothForms) {
  // Phi(1) = 0.8413447460685429; the tanh form gives 0.8411919906082768 at 1.
  const auto one = activation({1, 1}, {1});
  EXPECT_FLOAT_EQ(run_op(Gelu{.form = GeluForm::exact}, {one}, {})[0], 0.8413447460685429F);
  EXPECT_FLOAT_EQ(run_op(Gelu{.form = GeluForm::tanh}, {one}, {})[0], 0.8411919906082768F);
}

TEST(ReferenceOperators, GreedySamplingTakesTheLowestIndexAmongEquals) {
  EXPECT_THAT(run_op(Sample{}, {activation({2, 3}, {1, 5, 5, -3, -2, -2})}, {.batch = 2}),
              ElementsAre(1, 1));
}

TEST(ReferenceOperators, SamplingFollowsTheProbabilities) {
  // Probabilities 1/6, 1/3, 1/2; 3000 draws lie within five standard deviations.
  const auto logits =
      activation({1, 3}, {0, static_cast<float>(std::log(2.0)), static_cast<float>(std::log(3.0))});
  std::map<int, int> counts;
  for (std::int64_t position = 0; position < 3000; ++position) {
    ++counts[static_cast<int>(
        run_op(Sample{.temperature = 1.0, .seed = 7}, {logits}, {.past = position})[0])];
  }
  EXPECT_NEAR(counts[0], 500, 5 * std::sqrt(3000.0 / 6 * 5 / 6));
  EXPECT_NEAR(counts[1], 1000, 5 * std::sqrt(3000.0 / 3 * 2 / 3));
  EXPECT_NEAR(counts[2], 1500, 5 * std::sqrt(3000.0 / 4));
}

TEST(ReferenceOperators, SamplingDependsOnSeedPositionAndSequenceOnly) {
  std::vector<float> numbers(64, 0.0F);
  const auto one = activation({1, 64}, numbers);
  numbers.resize(128, 0.0F);
  const auto two = activation({2, 64}, numbers);
  const Sample sample{.temperature = 0.8, .seed = 3};
  const auto single = run_op(sample, {one}, {.past = 9});
  const auto both = run_op(sample, {two}, {.batch = 2, .past = 9, .threads = 3});
  EXPECT_EQ(single[0], both[0]);
  EXPECT_NE(both[0], both[1]);
  EXPECT_NE(run_op(sample, {one}, {.past = 10})[0], single[0]);
  // A prompt of three tokens after seven draws for the same position as one after nine.
  EXPECT_EQ(run_op(sample, {one}, {.tokens = 3, .past = 7})[0], single[0]);
}

TEST(ReferenceOperators, TopKKeepsTheLargest) {
  const auto logits = activation({1, 5}, {0, 2, 1, 2, 2});
  std::map<int, int> counts;
  for (std::int64_t position = 0; position < 200; ++position) {
    ++counts[static_cast<int>(run_op(Sample{.temperature = 5.0, .top_k = 2, .seed = 1}, {logits},
                                     {.past = position})[0])];
  }
  // Of the three equal ones the lower indices stay.
  EXPECT_GT(counts[1], 60);
  EXPECT_GT(counts[3], 60);
  EXPECT_EQ(counts[1] + counts[3], 200);
}

}  // namespace
}  // namespace ridgepoint

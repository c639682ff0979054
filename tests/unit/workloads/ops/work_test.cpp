// What each operator costs, against sums made by counting.
#include <gtest/gtest.h>

#include "tests/unit/workloads/ops/values.h"
#include "workloads/ops/op.h"

namespace ridgepoint {
namespace {

Work work(const Op& op, const std::vector<Value>& inputs, const Step& step = {}) {
  const Value output{"y", Role::activation, output_type(op, inputs), output_shape(op, inputs)};
  return work_of(op, inputs, output, step);
}

constexpr std::int64_t kFloat = 4;

TEST(OperatorWork, OfAMatrixProductIsTwoFlopsAWeightAndRow) {
  // q8_0: 34 bytes for 32 weights.
  EXPECT_EQ(work(MatrixProduct{}, {activation({3, 64}), weight({10, 64}, Type::q8_0)}),
            (Work{.flops = 2 * 3 * 64 * 10,
                  .weight_bytes = 10 * 2 * 34,
                  .activation_bytes = kFloat * (3 * 64 + 3 * 10)}));
}

TEST(OperatorWork, OfLookupsCountsTheRowsRead) {
  EXPECT_EQ(work(Embedding{}, {activation({3}, Type::i32), weight({100, 8}, Type::f16)}),
            (Work{.weight_bytes = 3 * 8 * 2, .activation_bytes = 3 * 4 + 3 * 8 * kFloat}));
  // A table has no more rows than it has, however many tokens look one up.
  EXPECT_EQ(
      work(Embedding{}, {activation({300}, Type::i32), weight({100, 8}, Type::f16)}).weight_bytes,
      100 * 8 * 2);
  // Both sequences read the same three rows of positions.
  EXPECT_EQ(
      work(PositionEmbedding{}, {activation({6, 8}), weight({50, 8}, Type::f16)},
           {.batch = 2, .tokens = 3, .past = 7}),
      (Work{.flops = 6 * 8, .weight_bytes = 3 * 8 * 2, .activation_bytes = 2 * 6 * 8 * kFloat}));
}

TEST(OperatorWork, OfNormsIsLinear) {
  EXPECT_EQ(work(RmsNorm{}, {activation({3, 8}), weight({8})}),
            (Work{.flops = 3 * (4 * 8 + 4),
                  .weight_bytes = 8 * 4,
                  .activation_bytes = 2 * 3 * 8 * kFloat}));
  EXPECT_EQ(work(LayerNorm{}, {activation({3, 8}), weight({8}), weight({8})}),
            (Work{.flops = 3 * (7 * 8 + 5),
                  .weight_bytes = 2 * 8 * 4,
                  .activation_bytes = 2 * 3 * 8 * kFloat}));
}

TEST(OperatorWork, OfAttentionCountsEveryVisiblePairOnce) {
  const Attention attention{.heads = 6, .kv_heads = 2, .head_dim = 16, .scale = 0.25};
  for (const Step step :
       {Step{.batch = 1, .tokens = 1, .past = 0}, Step{.batch = 2, .tokens = 5, .past = 0},
        Step{.batch = 3, .tokens = 4, .past = 7}}) {
    std::int64_t flops = 0, keys = 0;
    for (std::int64_t s = 0; s < step.batch; ++s) {
      keys += step.past + step.tokens;
      for (std::int64_t t = 0; t < step.tokens; ++t) {
        for (std::int64_t seen = 0; seen <= step.past + t; ++seen) {
          for (std::int64_t head = 0; head < 6; ++head) {
            flops += 2 * 16;  // score
            flops += 1;       // scale
            flops += 5;       // softmax
            flops += 2 * 16;  // value
          }
        }
      }
    }
    const std::int64_t rows = step.batch * step.tokens;
    EXPECT_EQ(
        work(attention,
             {activation({rows, 96}), cache({step.batch, 100, 32}), cache({step.batch, 100, 32})},
             step),
        (Work{.flops = flops,
              .kv_bytes = 2 * keys * 32 * 2,
              .activation_bytes = 2 * rows * 96 * kFloat}));
  }
}

TEST(OperatorWork, OfAppendingTouchesOnlyTheNewPositions) {
  EXPECT_EQ(work(KvAppend{}, {activation({6, 32}), cache({2, 100, 32})},
                 {.batch = 2, .tokens = 3, .past = 9}),
            (Work{.kv_bytes = 6 * 32 * 2, .activation_bytes = 6 * 32 * kFloat}));
}

TEST(OperatorWork, OfElementwiseOperatorsIsAFewFlopsAnElement) {
  const std::int64_t count = 3 * 8, bytes = count * kFloat;
  EXPECT_EQ(work(Add{}, {activation({3, 8}), activation({3, 8})}),
            (Work{.flops = count, .activation_bytes = 3 * bytes}));
  EXPECT_EQ(work(Bias{}, {activation({3, 8}), weight({8})}),
            (Work{.flops = count, .weight_bytes = 8 * 4, .activation_bytes = 2 * bytes}));
  EXPECT_EQ(work(SiluGate{}, {activation({3, 8}), activation({3, 8})}),
            (Work{.flops = 4 * count, .activation_bytes = 3 * bytes}));
  EXPECT_EQ(work(Gelu{.form = GeluForm::tanh}, {activation({3, 8})}),
            (Work{.flops = 9 * count, .activation_bytes = 2 * bytes}));
  EXPECT_EQ(work(Gelu{.form = GeluForm::exact}, {activation({3, 8})}),
            (Work{.flops = 5 * count, .activation_bytes = 2 * bytes}));
  EXPECT_EQ(work(Softmax{}, {activation({3, 8})}),
            (Work{.flops = 5 * count, .activation_bytes = 2 * bytes}));
  const Rope rope{.head_dim = 4, .pairing = RopePairing::halves, .inverse_frequencies = {1.0, 0.5}};
  EXPECT_EQ(work(rope, {activation({3, 8})}),
            (Work{.flops = 3 * count, .activation_bytes = 2 * bytes}));
  EXPECT_EQ(work(SelectLast{.batch = 1}, {activation({3, 8})}),
            (Work{.activation_bytes = 2 * 8 * kFloat}));
}

TEST(OperatorWork, OfSamplingDependsOnHowItChooses) {
  const std::int64_t bytes = 3 * 8 * kFloat + 3 * 4;
  EXPECT_EQ(work(Sample{}, {activation({3, 8})}),
            (Work{.flops = 3 * 8, .activation_bytes = bytes}));
  EXPECT_EQ(work(Sample{.temperature = 0.5}, {activation({3, 8})}),
            (Work{.flops = 3 * (8 + 5 * 8), .activation_bytes = bytes}));
  EXPECT_EQ(work(Sample{.temperature = 0.5, .top_k = 2}, {activation({3, 8})}),
            (Work{.flops = 3 * (8 + 5 * 2), .activation_bytes = bytes}));
}

TEST(SampleUniform, IsEvenWithinItsInterval) {
  int low = 0;
  double sum = 0.0;
  for (std::int64_t position = 0; position < 10000; ++position) {
    const double draw = sample_uniform(1, position, 0);
    ASSERT_GE(draw, 0.0);
    ASSERT_LT(draw, 1.0);
    sum += draw;
    low += draw < 0.1 ? 1 : 0;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.015);
  EXPECT_NEAR(low, 1000, 150);
}

TEST(SampleUniform, DiffersByEachOfItsArguments) {
  const double draw = sample_uniform(1, 2, 3);
  EXPECT_EQ(draw, sample_uniform(1, 2, 3));
  EXPECT_NE(draw, sample_uniform(2, 2, 3));
  EXPECT_NE(draw, sample_uniform(1, 3, 3));
  EXPECT_NE(draw, sample_uniform(1, 2, 4));
  EXPECT_NE(sample_uniform(1, 2, 3), sample_uniform(1, 3, 2));
}

}  // namespace
}  // namespace ridgepoint

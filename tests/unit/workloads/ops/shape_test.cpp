// The shapes that operators yield, and what they say about inputs that do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/ops/values.h"
#include "workloads/ops/op.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string shape_error(const Op& op, const std::vector<Value>& inputs) {
  return error_of([&] { return output_shape(op, inputs); });
}

const Attention kAttention{.heads = 8, .kv_heads = 2, .head_dim = 16, .scale = 0.25};
const Rope kRope{.head_dim = 4, .pairing = RopePairing::halves, .inverse_frequencies = {1.0, 0.5}};

TEST(OperatorShapes, FollowFromTheInputs) {
  struct Expectation {
    Op op;
    std::vector<Value> inputs;
    Shape shape;
    Type type = Type::f32;
  };
  const std::vector<Expectation> expectations = {
      {Embedding{}, {activation({6}, Type::i32), weight({100, 32}, Type::q8_0)}, {6, 32}},
      {PositionEmbedding{}, {activation({6, 32}), weight({10, 32}, Type::f16)}, {6, 32}},
      {RmsNorm{}, {activation({6, 32}), weight({32})}, {6, 32}},
      {LayerNorm{}, {activation({6, 32}), weight({32}), weight({32}, Type::bf16)}, {6, 32}},
      {MatrixProduct{}, {activation({6, 32}), weight({64, 32}, Type::q4_0)}, {6, 64}},
      {Bias{}, {activation({6, 32}), weight({32})}, {6, 32}},
      {kRope, {activation({6, 12})}, {6, 12}},
      {KvAppend{}, {activation({6, 32}), cache({2, 9, 32})}, {2, 9, 32}, Type::f16},
      {kAttention, {activation({6, 128}), cache({2, 9, 32}), cache({2, 9, 32})}, {6, 128}},
      {Softmax{}, {activation({6, 32})}, {6, 32}},
      {SiluGate{}, {activation({6, 32}), activation({6, 32})}, {6, 32}},
      {Gelu{}, {activation({6, 32})}, {6, 32}},
      {Add{}, {activation({6, 32}), activation({6, 32})}, {6, 32}},
      {SelectLast{.batch = 3}, {activation({6, 32})}, {3, 32}},
      {Sample{}, {activation({6, 32})}, {6}, Type::i32},
  };
  EXPECT_EQ(expectations.size(), std::variant_size_v<Op>);
  for (const Expectation& each : expectations) {
    EXPECT_EQ(output_shape(each.op, each.inputs), each.shape) << name_of(each.op);
    EXPECT_EQ(output_type(each.op, each.inputs), each.type) << name_of(each.op);
    // One input too many or too few is refused by all.
    std::vector<Value> more = each.inputs;
    more.push_back(each.inputs.back());
    EXPECT_THAT(shape_error(each.op, more), HasSubstr(std::string(name_of(each.op)) + ": takes"));
    EXPECT_THAT(shape_error(each.op, {}), HasSubstr("inputs, not 0"));
  }
}

TEST(OperatorShapes, NameWhatDoesNotFit) {
  EXPECT_THAT(shape_error(MatrixProduct{}, {activation({6, 32}), weight({64, 31})}),
              AllOf(HasSubstr("matrix_product"), HasSubstr("32 features"), HasSubstr("[64, 31]")));
  EXPECT_THAT(shape_error(MatrixProduct{}, {activation({6, 32}), activation({64, 32})}),
              HasSubstr("must be a weight"));
  EXPECT_THAT(shape_error(MatrixProduct{}, {activation({6, 32}, Type::f16), weight({64, 32})}),
              HasSubstr("f32 activation"));
  EXPECT_THAT(shape_error(MatrixProduct{}, {activation({32}), weight({64, 32})}),
              HasSubstr("[rows, features]"));
  EXPECT_THAT(shape_error(MatrixProduct{}, {activation({0, 32}), weight({64, 32})}),
              HasSubstr("no empty dimension"));
  EXPECT_THAT(shape_error(Embedding{}, {activation({6}), weight({100, 32})}),
              HasSubstr("i32 tokens"));
  EXPECT_THAT(shape_error(RmsNorm{}, {activation({6, 32}), weight({33})}),
              HasSubstr("32 elements"));
  EXPECT_THAT(shape_error(RmsNorm{.epsilon = -1}, {activation({6, 32}), weight({32})}),
              HasSubstr("epsilon"));
  EXPECT_THAT(shape_error(LayerNorm{}, {activation({6, 32}), weight({32}), weight({31})}),
              HasSubstr("input 2"));
  EXPECT_THAT(shape_error(Add{}, {activation({6, 32}), activation({6, 31})}),
              HasSubstr("one shape"));
  EXPECT_THAT(shape_error(SiluGate{}, {activation({6, 32}), activation({5, 32})}),
              HasSubstr("one shape"));
  EXPECT_THAT(shape_error(SelectLast{.batch = 4}, {activation({6, 32})}), HasSubstr("4 sequences"));
  EXPECT_THAT(shape_error(Sample{.temperature = -0.5}, {activation({6, 32})}),
              HasSubstr("temperature"));
  EXPECT_THAT(shape_error(Sample{.top_k = -1}, {activation({6, 32})}), HasSubstr("top_k"));
}

TEST(OperatorShapes, RopeNeedsEvenHeadsAndTheirFrequencies) {
  Rope rope = kRope;
  EXPECT_THAT(shape_error(rope, {activation({6, 10})}), HasSubstr("whole heads of 4"));
  rope.inverse_frequencies.push_back(0.1);
  EXPECT_THAT(shape_error(rope, {activation({6, 12})}), HasSubstr("2 frequencies, not 3"));
  rope.head_dim = 5;
  EXPECT_THAT(shape_error(rope, {activation({6, 10})}), HasSubstr("even"));
}

TEST(OperatorShapes, CachesMustFitTheRowsAndHeads) {
  EXPECT_THAT(shape_error(KvAppend{}, {activation({6, 32}), cache({2, 2, 32})}),
              HasSubstr("3 tokens a sequence do not fit into a cache of 2"));
  EXPECT_THAT(shape_error(KvAppend{}, {activation({5, 32}), cache({2, 9, 32})}),
              HasSubstr("2 sequences"));
  EXPECT_THAT(shape_error(KvAppend{}, {activation({6, 32}), cache({2, 9, 32}, Type::q8_0)}),
              HasSubstr("must be a type for caches; one of q8_0 is not implemented"));
  EXPECT_THAT(shape_error(KvAppend{}, {activation({6, 32}), activation({2, 9, 32})}),
              HasSubstr("must be a cache"));
  EXPECT_THAT(shape_error(kAttention, {activation({6, 96}), cache({2, 9, 32}), cache({2, 9, 32})}),
              HasSubstr("128 features"));
  EXPECT_THAT(shape_error(kAttention, {activation({6, 128}), cache({2, 9, 64}), cache({2, 9, 32})}),
              HasSubstr("32 features a position"));
  EXPECT_THAT(shape_error(kAttention,
                          {activation({6, 128}), cache({2, 9, 32}), cache({2, 9, 32}, Type::f32)}),
              HasSubstr("one shape and type"));
  Attention odd = kAttention;
  odd.kv_heads = 3;
  EXPECT_THAT(shape_error(odd, {activation({6, 128}), cache({2, 9, 48}), cache({2, 9, 48})}),
              HasSubstr("multiple"));
}

}  // namespace
}  // namespace ridgepoint

#include "harness/run/tolerance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace ridgepoint {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Difference compare(std::vector<float> ours, std::vector<float> truth) {
  return compare_rows(ours, truth);
}

TEST(Tolerance, GrowsAsTypesGetCoarser) {
  EXPECT_LT(tolerance_for("f32"), tolerance_for("f16"));
  EXPECT_LT(tolerance_for("f16"), tolerance_for("bf16"));
  EXPECT_LE(tolerance_for("bf16"), tolerance_for("q4_0"));
  EXPECT_EQ(tolerance_for("q4_k"), tolerance_for("q4_0"));
  EXPECT_EQ(tolerance_for("q6_k"), tolerance_for("q8_0"));
  EXPECT_GE(tolerance_for("q5_k"), tolerance_for("q4_0"));
}

TEST(Tolerance, KnowsEveryWeightType) {
  for (const TypeInfo& info : types()) {
    if (!info.weight || info.type == Type::fp8) continue;
    EXPECT_LT(tolerance_for(info.name), tolerance_for("fp8")) << info.name;
  }
}

TEST(Tolerance, OfAModelIsThatOfItsCoarsestTensor) {
  Model model;
  model.weight_type = "f16";
  model.weights["output.weight"].type = Type::f16;
  model.weights["blk.0.attn_norm.weight"].type = Type::f32;
  EXPECT_EQ(tolerance_for(model), tolerance_for("f16"));
  model.weights["blk.0.ffn_down.weight"].type = Type::q8_0;
  EXPECT_EQ(tolerance_for(model), tolerance_for("q8_0"));
  EXPECT_EQ(tolerance_for(model, Type::bf16), tolerance_for("q8_0"));
  EXPECT_EQ(tolerance_for(model, Type::e4m3), tolerance_for("fp8"));
}

TEST(CompareRows, GivesTheLargestDifferenceOverTheLargestTruth) {
  EXPECT_DOUBLE_EQ(compare({1, 2, 3}, {1, 2, 4}).relative, 0.25);
  EXPECT_DOUBLE_EQ(compare({0, -8}, {2, -8}).relative, 0.25);
  EXPECT_DOUBLE_EQ(compare({1, 2}, {1, 2}).relative, 0);
  EXPECT_DOUBLE_EQ(compare({0, 0}, {0, 0}).relative, 0);
  EXPECT_TRUE(std::isinf(compare({1, 0}, {0, 0}).relative));
}

TEST(CompareRows, NeverAcceptsWhatIsNotANumber) {
  EXPECT_TRUE(compare({kNan, 1}, {1, 1}).not_finite);
  EXPECT_TRUE(compare({kInfinity, 1}, {1, 1}).not_finite);
  EXPECT_TRUE(compare({kNan, 1}, {kNan, 1}).not_finite);
}

TEST(CompareRows, AcceptsMaskedValuesWhereTheTruthMasksToo) {
  EXPECT_DOUBLE_EQ(compare({-kInfinity, 2}, {-kInfinity, 2}).relative, 0);
  EXPECT_TRUE(std::isinf(compare({0, 2}, {-kInfinity, 2}).relative));
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/graph/fused_op_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;

TEST(FusedOpId, SaysOnceWhatItsOpsHaveInCommon) {
  const std::vector<std::string> ids{"layer.3.ffn.gate", "layer.3.ffn.gated", "layer.3.ffn.up"};
  EXPECT_EQ(fused_op_id(ids), "layer.3.ffn.{gate,gated,up}");
  EXPECT_THAT(members_of("layer.3.ffn.{gate,gated,up}"), ::testing::ElementsAreArray(ids));
}

TEST(FusedOpId, CutsOnlyBetweenParts) {
  const std::vector<std::string> ids{"layer.1.attention.k", "layer.1.attention.k.rope"};
  EXPECT_EQ(fused_op_id(ids), "layer.1.attention.{k,k.rope}");
  EXPECT_THAT(members_of(fused_op_id(ids)), ::testing::ElementsAreArray(ids));
}

TEST(FusedOpId, NeedsNothingInCommon) {
  const std::vector<std::string> ids{"embedding", "output.norm"};
  EXPECT_EQ(fused_op_id(ids), "{embedding,output.norm}");
  EXPECT_THAT(members_of(fused_op_id(ids)), ::testing::ElementsAreArray(ids));
}

TEST(FusedOpId, OfOneOpIsItsOwn) {
  EXPECT_EQ(fused_op_id(std::vector<std::string>{"output.logits"}), "output.logits");
  EXPECT_THAT(members_of("output.logits"), ElementsAre("output.logits"));
}

}  // namespace
}  // namespace ridgepoint

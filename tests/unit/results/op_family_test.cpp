#include "results/op_family.h"

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

TEST(OpFamily, IsTheSameForAllLayers) {
  EXPECT_EQ(op_family("layer.3.attention.q"), "layer.*.attention.q");
  EXPECT_EQ(op_family("layer.31.attention.q"), op_family("layer.0.attention.q"));
  EXPECT_EQ(op_family("layer.2.expert.7.up"), "layer.*.expert.*.up");
}

TEST(OpFamily, LeavesEverythingElseAsItIs) {
  for (const char* op_id : {"", "embedding", "output.logits", "layer.x3.q", "conv2d.1x1", ".", "..",
                            "a.", ".a", "a..b"}) {
    EXPECT_EQ(op_family(op_id), op_id);
  }
}

}  // namespace
}  // namespace ridgepoint

// A slice is the model with fewer layers, not another model.
#include "workloads/models/slice.h"

#include <gtest/gtest.h>

#include "workloads/formats/load_model.h"
#include "workloads/models/lower.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

TEST(ModelSlice, HasTheFirstLayersAndTokensOfTheSameBytes) {
  const Model model = synthesise_model("tiny", Type::f16, 1, 1);
  const Model slice = slice_model(model, 1, 16);
  EXPECT_EQ(slice.config.layers, 1);
  EXPECT_EQ(slice.config.vocab, 16);
  EXPECT_TRUE(slice.weights.contains("blk.0.attn_q.weight"));
  EXPECT_FALSE(slice.weights.contains("blk.1.attn_q.weight"));
  const auto& table = slice.weights.at("token_embd.weight");
  EXPECT_EQ(table.shape[0], 16);
  EXPECT_EQ(table.bytes.data(), model.weights.at("token_embd.weight").bytes.data());
  EXPECT_NO_THROW(lower(slice, {.batch = 1, .tokens = 2, .capacity = 8}));
}

TEST(ModelSlice, OfMoreThanThereIsIsTheModel) {
  const Model model = synthesise_model("tiny", Type::f16, 1, 1);
  const Model slice = slice_model(model, 1000, 1'000'000'000);
  EXPECT_EQ(slice.weights.size(), model.weights.size());
  EXPECT_EQ(slice.config.layers, model.config.layers);
}

TEST(ModelOutline, LowersLikeTheModelAndHoldsNoBytes) {
  const Model model = synthesise_model("tiny", Type::f16, 1, 1);
  const Model outline = outline_model(*find_shape("tiny"), Type::f16);
  const Phase phase{.batch = 2, .tokens = 3, .capacity = 8};
  EXPECT_EQ(lower(outline, phase).work(0), lower(model, phase).work(0));
  EXPECT_EQ(outline.weight_bytes(), 0);
}

}  // namespace
}  // namespace ridgepoint

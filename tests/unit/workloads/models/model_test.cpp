#include "workloads/models/model.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using ::testing::Contains;
using ::testing::Not;

std::vector<std::string> names_of(const ModelConfig& config) {
  std::vector<std::string> names;
  for (const TensorPlan& tensor : tensor_plan(config)) {
    names.push_back(tensor.name);
  }
  return names;
}

const TensorPlan& find(const std::vector<TensorPlan>& plan, const std::string& name) {
  const auto found = std::find_if(plan.begin(), plan.end(),
                                  [&](const TensorPlan& tensor) { return tensor.name == name; });
  EXPECT_NE(found, plan.end()) << name;
  return *found;
}

TEST(TensorPlan, HasNoNameTwice) {
  for (const ModelConfig& shape : shapes()) {
    const auto names = names_of(shape);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size()) << shape.name;
  }
}

TEST(TensorPlan, OfLlamaIsThatOfAGgufFile) {
  const auto plan = tensor_plan(*find_shape("tinyllama-1.1b"));
  EXPECT_EQ(plan.size(), 201U);  // as the published GGUF files count
  EXPECT_EQ(find(plan, "token_embd.weight").shape, (Shape{32000, 2048}));
  EXPECT_EQ(find(plan, "blk.21.attn_k.weight").shape, (Shape{256, 2048}));
  EXPECT_EQ(find(plan, "blk.0.ffn_down.weight").shape, (Shape{2048, 5632}));
  EXPECT_TRUE(find(plan, "output.weight").matrix);
  EXPECT_FALSE(find(plan, "blk.0.ffn_norm.weight").matrix);
}

TEST(TensorPlan, OfATiedModelHasNoOutput) {
  EXPECT_THAT(names_of(*find_shape("llama-3.2-1b")), Not(Contains("output.weight")));
}

TEST(TensorPlan, OfQwen2HasBiasesOnQueriesKeysAndValuesOnly) {
  const auto names = names_of(*find_shape("qwen2.5-7b"));
  EXPECT_THAT(names, Contains("blk.0.attn_q.bias"));
  EXPECT_THAT(names, Contains("blk.27.attn_v.bias"));
  EXPECT_THAT(names, Not(Contains("blk.0.attn_output.bias")));
}

TEST(TensorPlan, OfGpt2HasSplitProjectionsAndABiasEverywhere) {
  const auto plan = tensor_plan(*find_shape("gpt2"));
  EXPECT_EQ(find(plan, "position_embd.weight").shape, (Shape{1024, 768}));
  EXPECT_FALSE(find(plan, "position_embd.weight").matrix);
  EXPECT_EQ(find(plan, "blk.0.attn_q.weight").shape, (Shape{768, 768}));
  EXPECT_EQ(find(plan, "blk.11.ffn_up.bias").shape, (Shape{3072}));
  EXPECT_EQ(find(plan, "output_norm.bias").shape, (Shape{768}));
}

TEST(TensorPlan, OfAMixtureStacksTheExperts) {
  const auto mixtral = tensor_plan(*find_shape("mixtral-8x7b"));
  EXPECT_EQ(find(mixtral, "blk.0.ffn_gate_exps.weight").shape, (Shape{8, 14336, 4096}));
  EXPECT_EQ(find(mixtral, "blk.0.ffn_gate_inp.weight").shape, (Shape{8, 4096}));
  EXPECT_FALSE(find(mixtral, "blk.0.ffn_gate_inp.weight").matrix);
  const auto gpt_oss = tensor_plan(*find_shape("gpt-oss-20b"));
  EXPECT_EQ(find(gpt_oss, "blk.0.attn_sinks.weight").shape, (Shape{64}));
  EXPECT_EQ(find(gpt_oss, "blk.0.ffn_down_exps.bias").shape, (Shape{32, 2880}));
  EXPECT_EQ(find(gpt_oss, "blk.23.post_attention_norm.weight").shape, (Shape{2880}));
}

/// A model of one tensor of `size` bytes, all `fill`.
class Sample {
 public:
  explicit Sample(std::size_t size) : bytes_(size) { model_.config = *find_shape("tiny"); }
  std::string fingerprint_of() {
    model_.weights["a.weight"] = {
        Type::i32, {static_cast<std::int64_t>(bytes_.size() / 4)}, bytes_};
    return fingerprint(model_);
  }
  std::vector<std::byte>& bytes() { return bytes_; }
  Model& model() { return model_; }

 private:
  std::vector<std::byte> bytes_;
  Model model_;
};

TEST(Fingerprint, IsStableAndHex) {
  Sample sample(64);
  const std::string first = sample.fingerprint_of();
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(first, Sample(64).fingerprint_of());
}

TEST(Fingerprint, SeesAChangeInASmallTensorAnywhere) {
  Sample sample(std::size_t{128} * 1024);
  std::set<std::string> seen{sample.fingerprint_of()};
  for (const std::size_t at : {std::size_t{0}, std::size_t{70'000}, sample.bytes().size() - 1}) {
    sample.bytes()[at] = std::byte{1};
    EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second) << at;
  }
}

TEST(Fingerprint, SamplesTheStartMiddleAndEndOfALargeTensor) {
  Sample sample(std::size_t{1024} * 1024);
  std::set<std::string> seen{sample.fingerprint_of()};
  for (const std::size_t at :
       {std::size_t{0}, sample.bytes().size() / 2, sample.bytes().size() - 1}) {
    sample.bytes()[at] = std::byte{1};
    EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second) << at;
  }
  sample.bytes()[std::size_t{200} * 1024] = std::byte{1};
  EXPECT_FALSE(seen.insert(sample.fingerprint_of()).second) << "it is a sample, not a checksum";
}

TEST(Fingerprint, SeesNamesTypesShapesAndTheConfig) {
  Sample sample(64);
  std::set<std::string> seen{sample.fingerprint_of()};
  sample.model().config.rope_theta = 5e5;
  EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second);
  sample.model().config.rope_frequency_factors = {2.0};
  EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second);
  sample.model().weights["b.weight"] = {Type::f32, {0}, {}};
  EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second);
  sample.model().weights["b.weight"].type = Type::f16;
  EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second);
  sample.model().weights["b.weight"].shape = {0, 1};
  EXPECT_TRUE(seen.insert(sample.fingerprint_of()).second);
  sample.model().config.name = "another name";
  EXPECT_FALSE(seen.insert(sample.fingerprint_of()).second) << "a name is no content";
}

TEST(Model, CountsTheBytesOfItsWeights) {
  Sample sample(64);
  sample.fingerprint_of();
  EXPECT_EQ(sample.model().weight_bytes(), 64);
}

}  // namespace
}  // namespace ridgepoint

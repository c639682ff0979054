#include "workloads/models/model_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/error_of.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::map<std::string, Type> types_of(ModelType type, const std::string& shape) {
  const ModelConfig& config = *find_shape(shape);
  std::map<std::string, Type> types;
  for (const TensorPlan& tensor : tensor_plan(config)) {
    types[tensor.name] = type.of(tensor, config);
  }
  return types;
}

/// Layers whose tensor of that name is not q4_k.
std::vector<int> layers_with_more_bits(const std::map<std::string, Type>& types,
                                       const std::string& name) {
  std::vector<int> layers;
  for (int layer = 0; types.contains("blk." + std::to_string(layer) + "." + name); ++layer) {
    const Type type = types.at("blk." + std::to_string(layer) + "." + name);
    if (type != Type::q4_k) {
      EXPECT_EQ(type, Type::q6_k);
      layers.push_back(layer);
    }
  }
  return layers;
}

TEST(ModelType, OfOneTypeGivesItToEveryMatrix) {
  for (const auto& [name, type] : types_of(Type::q8_0, "tiny")) {
    EXPECT_EQ(type, name.find("norm") == std::string::npos ? Type::q8_0 : Type::f32) << name;
  }
  EXPECT_EQ(ModelType(Type::bf16).gguf_file_type(), 32U);
}

TEST(ModelType, IsFoundByName) {
  for (const std::string_view name : ModelType::names()) {
    EXPECT_EQ(ModelType::parse(name).name(), name);
  }
  EXPECT_EQ(ModelType::q4_k_m().gguf_file_type(), 15U);
  EXPECT_EQ(
      error_of([] { return ModelType(Type::w4_g64).gguf_file_type(); }),
      "a GGUF file cannot hold w4_g64; use one of f32, f16, bf16, q8_0, q4_0, q5_0, q4_k, q6_k, "
      "q4_k_m");
  EXPECT_THAT(
      error_of([] { return ModelType::parse("q4_km"); }),
      ::testing::AllOf(HasSubstr("did you mean 'q4_k"), HasSubstr("q8_0, q4_0, q5_0, q4_k, q6_k"),
                       HasSubstr("fp8, q4_k_m")));
  EXPECT_THAT(error_of([] { return ModelType(Type::i32); }),
              HasSubstr("unknown weight type 'i32'"));
}

// The layers that llama.cpp's rule names for 22: the first 2, the last 3, and every third from 4
// on.
TEST(ModelType, Q4KMOfTinyLlamaIsThatOfLlamaCpp) {
  const auto types = types_of(ModelType::q4_k_m(), "tinyllama-1.1b");
  const std::vector<int> expected{0, 1, 4, 7, 10, 13, 16, 19, 20, 21};
  EXPECT_EQ(layers_with_more_bits(types, "ffn_down.weight"), expected);
  EXPECT_EQ(layers_with_more_bits(types, "attn_v.weight"), expected);
  for (const char* name : {"attn_q", "attn_k", "attn_output", "ffn_gate", "ffn_up"}) {
    EXPECT_TRUE(layers_with_more_bits(types, std::string(name) + ".weight").empty()) << name;
  }
  EXPECT_EQ(types.at("output.weight"), Type::q6_k);
  EXPECT_EQ(types.at("token_embd.weight"), Type::q4_k);
  EXPECT_EQ(types.at("output_norm.weight"), Type::f32);
}

TEST(ModelType, Q4KMKeepsATiedTableAsTheOutput) {
  EXPECT_EQ(types_of(ModelType::q4_k_m(), "llama-3.2-1b").at("token_embd.weight"), Type::q6_k);
}

TEST(ModelType, Q4KMFallsBackAsLlamaCppDoesAndRefusesWhatIsNotThere) {
  ModelConfig config = *find_shape("byte-llama-6m");
  const auto of = [&](const std::string& name, std::int64_t row) {
    return ModelType::q4_k_m().of({name, {4, row}, true}, config);
  };
  EXPECT_EQ(of("blk.0.ffn_down.weight", 96), Type::q8_0);
  EXPECT_EQ(of("output.weight", 96), Type::q8_0);
  EXPECT_EQ(of("blk.1.ffn_up.weight", 80), Type::f16);
  EXPECT_EQ(of("output.weight", 80), Type::f16);
  EXPECT_EQ(of("blk.1.ffn_up.weight", 96), Type::q5_0);
  EXPECT_THAT(error_of([] { return types_of(ModelType::q4_k_m(), "llama-2-70b"); }),
              HasSubstr("q5_K"));
  EXPECT_THAT(error_of([] { return types_of(ModelType::q4_k_m(), "mixtral-8x7b"); }),
              HasSubstr("'blk.0.attn_output.weight'"));
}

}  // namespace
}  // namespace ridgepoint

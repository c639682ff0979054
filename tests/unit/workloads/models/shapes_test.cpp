#include "workloads/models/shapes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "workloads/models/model.h"

namespace ridgepoint {
namespace {

struct Published {
  std::int64_t parameters;
  std::int64_t kv_kib;  ///< of f16, a token
};

// Parameters as the model cards and papers give them, KV as in the table of common shapes.
const std::map<std::string, Published> kPublished{
    {"gpt2", {124'439'808, 36}},
    {"qwen2.5-0.5b", {494'032'768, 12}},
    {"tinyllama-1.1b", {1'100'048'384, 22}},
    {"llama-3.2-1b", {1'235'814'400, 32}},
    {"qwen2.5-7b", {7'615'616'512, 56}},
    {"llama-3.1-8b", {8'030'261'248, 128}},
    {"llama-2-13b", {13'015'864'320, 800}},
    {"llama-2-70b", {68'976'648'192, 320}},
    {"llama-3.1-405b", {405'853'388'800, 504}},
    {"mixtral-8x7b", {46'702'792'704, 128}},
    {"gpt-oss-20b", {20'914'757'184, 48}},
    {"gpt-oss-120b", {116'829'156'672, 72}},
};

TEST(Shapes, HaveThePublishedNumberOfParameters) {
  for (const auto& [name, published] : kPublished) {
    const ModelConfig* shape = find_shape(name);
    ASSERT_NE(shape, nullptr) << name;
    EXPECT_EQ(parameter_count(*shape), published.parameters) << name;
    EXPECT_EQ(kv_bytes_per_token(*shape, Type::f16), published.kv_kib * 1024) << name;
  }
}

TEST(Shapes, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const ModelConfig& shape : shapes()) {
    EXPECT_TRUE(names.insert(shape.name).second) << shape.name;
    EXPECT_EQ(find_shape(shape.name), &shape);
  }
  EXPECT_EQ(find_shape("llama-4"), nullptr);
  EXPECT_EQ(find_shape(""), nullptr);
}

TEST(Shapes, FitEveryWeightType) {
  for (const ModelConfig& shape : shapes()) {
    for (const TensorPlan& tensor : tensor_plan(shape)) {
      if (tensor.matrix) {
        EXPECT_EQ(tensor.shape.back() % 32, 0) << shape.name << " " << tensor.name;
      }
    }
  }
}

TEST(Shapes, OfLlama3HaveTheirScaledFrequencies) {
  EXPECT_EQ(find_shape("llama-3.1-8b")->rope_frequency_factors.size(), 64U);
  EXPECT_EQ(find_shape("llama-3.1-8b")->rope_frequency_factors.front(), 1.0);
  EXPECT_EQ(find_shape("llama-3.1-8b")->rope_frequency_factors.back(), 8.0);
  EXPECT_EQ(find_shape("llama-3.2-1b")->rope_frequency_factors.back(), 32.0);
  EXPECT_TRUE(find_shape("llama-2-70b")->rope_frequency_factors.empty());
}

TEST(Shapes, HaveASmallOneForTests) {
  EXPECT_LT(parameter_count(*find_shape("tiny")), 1'000'000);
  EXPECT_EQ(find_shape("byte-llama-6m")->vocab, 256);
}

}  // namespace
}  // namespace ridgepoint

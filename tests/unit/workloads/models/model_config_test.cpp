#include "workloads/models/model_config.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/workloads/formats/golden.h"

namespace ridgepoint {
namespace {

TEST(RopeFrequencies, OfLlama3MatchTransformers) {
  const GoldenTensors golden("operators.safetensors");
  const auto number = [&](const std::string& name) {
    return golden.values<double>("rope_llama3." + name).at(0);
  };
  const auto expected = golden.values<double>("rope_llama3.output");
  ModelConfig config;
  config.head_dim = static_cast<std::int64_t>(2 * expected.size());
  config.rope_theta = number("rope_theta");
  config.rope_frequency_factors = llama3_frequency_factors(
      config.head_dim, config.rope_theta, number("factor"), number("low_freq_factor"),
      number("high_freq_factor"), number("original_max_position_embeddings"));
  const auto frequencies = inverse_frequencies(config);
  ASSERT_EQ(frequencies.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(frequencies[i] / expected[i], 1.0, 1e-14) << i;
  }
}

TEST(RopeFrequencies, FallFromOneByTheBase) {
  ModelConfig config;
  config.head_dim = 4;
  config.rope_theta = 10000;
  const auto frequencies = inverse_frequencies(config);
  ASSERT_EQ(frequencies.size(), 2U);
  EXPECT_EQ(frequencies[0], 1.0);
  EXPECT_DOUBLE_EQ(frequencies[1], 0.01);
  config.rope_frequency_factors = {2.0, 4.0};
  EXPECT_EQ(inverse_frequencies(config)[0], 0.5);
  EXPECT_DOUBLE_EQ(inverse_frequencies(config)[1], 0.0025);
}

TEST(RopeFrequencies, WithFactorsForAnotherHeadAreABug) {
  ModelConfig config;
  config.head_dim = 4;
  config.rope_frequency_factors = {1.0};
  EXPECT_THROW(inverse_frequencies(config), std::logic_error);
}

TEST(KvBytes, DependOnTheTypeOfTheCache) {
  ModelConfig config;
  config.layers = 2;
  config.kv_heads = 3;
  config.head_dim = 32;
  EXPECT_EQ(kv_bytes_per_token(config, Type::f16), 2 * 2 * 96 * 2);
  EXPECT_EQ(kv_bytes_per_token(config, Type::f32), 2 * 2 * 96 * 4);
  EXPECT_EQ(kv_bytes_per_token(config, Type::e4m3), 2 * 2 * 96);
  EXPECT_EQ(kv_bytes_per_token(config, Type::q8_0), 2 * 2 * 3 * 34);
}

TEST(Architecture, HasANameEach) {
  EXPECT_EQ(name_of(Architecture::llama), "llama");
  EXPECT_EQ(name_of(Architecture::qwen2), "qwen2");
  EXPECT_EQ(name_of(Architecture::gpt2), "gpt2");
  EXPECT_EQ(name_of(Architecture::mixtral), "mixtral");
  EXPECT_EQ(name_of(Architecture::gpt_oss), "gpt-oss");
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/formats/gguf_architecture.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/temporary_folder.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/synthetic_tensor.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

/// A file with everything but the weights, which are a hole: the largest shapes take no room.
std::filesystem::path hollow_file(const TemporaryFolder& folder, const ModelConfig& config,
                                  Type type) {
  GgufWriter writer;
  write_gguf_config(config, type, writer);
  const std::vector<float> factors(config.rope_frequency_factors.begin(),
                                   config.rope_frequency_factors.end());
  if (!factors.empty()) {
    writer.add_tensor(kRopeFactorsTensor, Type::f32, {static_cast<std::int64_t>(factors.size())});
  }
  for (const TensorPlan& plan : tensor_plan(config)) {
    writer.add_tensor(plan.name, plan.matrix ? type : Type::f32, plan.shape);
  }
  const auto path = folder.write(config.name + ".gguf", writer.header());
  std::filesystem::resize_file(path, writer.file_size());
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  if (!factors.empty()) {
    file.seekp(static_cast<std::streamoff>(writer.tensor_offset(0)));
    file.write(reinterpret_cast<const char*>(factors.data()),
               static_cast<std::streamsize>(4 * factors.size()));
  }
  return path;
}

class GgufArchitecture : public ::testing::TestWithParam<ModelConfig> {};

TEST_P(GgufArchitecture, SurvivesTheWayThroughAFile) {
  const TemporaryFolder folder;
  const ModelConfig& config = GetParam();
  std::filesystem::path path;
  try {
    path = hollow_file(folder, config, Type::q8_0);
  } catch (const std::filesystem::filesystem_error& error) {
    GTEST_SKIP() << "no files of that size here: " << error.what();
  }
  const ModelConfig back = load_model(path).config;
  EXPECT_EQ(back.architecture, config.architecture);
  EXPECT_EQ(back.name, config.name);
  EXPECT_EQ(back.layers, config.layers);
  EXPECT_EQ(back.hidden, config.hidden);
  EXPECT_EQ(back.heads, config.heads);
  EXPECT_EQ(back.kv_heads, config.kv_heads);
  EXPECT_EQ(back.head_dim, config.head_dim);
  EXPECT_EQ(back.ffn, config.ffn);
  EXPECT_EQ(back.vocab, config.vocab);
  EXPECT_EQ(back.context, config.context);
  EXPECT_EQ(back.experts, config.experts);
  EXPECT_EQ(back.experts_used, config.experts_used);
  EXPECT_EQ(back.sliding_window, config.sliding_window);
  EXPECT_EQ(back.norm_epsilon, config.norm_epsilon);
  EXPECT_EQ(back.tied_embeddings, config.tied_embeddings);
  EXPECT_EQ(back.qkv_bias, config.qkv_bias);
  EXPECT_EQ(back.rope_pairing, config.rope_pairing);
  EXPECT_EQ(back.rope_theta, config.rope_theta);
  ASSERT_EQ(back.rope_frequency_factors.size(), config.rope_frequency_factors.size());
  for (std::size_t i = 0; i < back.rope_frequency_factors.size(); ++i) {
    EXPECT_EQ(back.rope_frequency_factors[i], static_cast<float>(config.rope_frequency_factors[i]));
  }
}

TEST_P(GgufArchitecture, HasAFileTypeForEveryWeightTypeOfGguf) {
  for (const TypeInfo& info : types()) {
    if (!info.weight) {
      continue;
    }
    GgufWriter writer;
    if (info.gguf_id == kNoGgufId) {
      EXPECT_THROW(write_gguf_config(GetParam(), info.type, writer), Error) << info.name;
    } else {
      EXPECT_NO_THROW(write_gguf_config(GetParam(), info.type, writer)) << info.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, GgufArchitecture,
                         ::testing::ValuesIn(shapes().begin(), shapes().end()),
                         [](const auto& param) {
                           std::string name = param.param.name;
                           for (char& letter : name) {
                             letter = letter == '-' || letter == '.' ? '_' : letter;
                           }
                           return name;
                         });

TEST(GgufWriter, RefusesWhatTheFormatCannotExpress) {
  ModelConfig config = *find_shape("tiny");
  config.rope_pairing = RopePairing::halves;
  GgufWriter writer;
  EXPECT_THROW(write_gguf_config(config, Type::f16, writer), std::logic_error);
  EXPECT_THROW(writer.add_tensor(std::string(65, 'n'), Type::f32, {1}), std::logic_error);
  EXPECT_THROW(writer.add_tensor("", Type::f32, {1}), std::logic_error);
}

}  // namespace
}  // namespace ridgepoint

// Models that Hugging Face transformers and the gguf package wrote, through both doors.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "tests/unit/workloads/formats/golden.h"
#include "workloads/formats/hugging_face_config.h"
#include "workloads/formats/load_model.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

Model golden_model(const std::string& name) {
  return load_model(golden_path("models/" + name));
}

std::vector<float> values_of(const TensorView& view) {
  std::vector<float> values(static_cast<std::size_t>(element_count(view.shape)));
  to_float(view.type, view.bytes, values);
  return values;
}

class GoldenModel : public ::testing::TestWithParam<std::string> {
 protected:
  const Model hugging_face = golden_model(GetParam());
  const Model gguf = golden_model(GetParam() + "/model.gguf");
};

TEST_P(GoldenModel, HasOneConfigThroughBothDoors) {
  const ModelConfig& a = hugging_face.config;
  const ModelConfig& b = gguf.config;
  EXPECT_EQ(a.architecture, b.architecture);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.hidden, b.hidden);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.kv_heads, b.kv_heads);
  EXPECT_EQ(a.head_dim, b.head_dim);
  EXPECT_EQ(a.ffn, b.ffn);
  EXPECT_EQ(a.vocab, b.vocab);
  EXPECT_EQ(a.context, b.context);
  EXPECT_EQ(a.experts, b.experts);
  EXPECT_EQ(a.sliding_window, b.sliding_window);
  EXPECT_EQ(a.norm_epsilon, b.norm_epsilon);
  EXPECT_EQ(a.qkv_bias, b.qkv_bias);
  EXPECT_EQ(a.rope_theta, b.rope_theta);
  // An older converter repeats the tied embedding in this file.
  EXPECT_EQ(a.tied_embeddings, b.tied_embeddings || GetParam() == "gpt2-f16");
  ASSERT_EQ(a.rope_frequency_factors.size(), b.rope_frequency_factors.size());
  for (std::size_t i = 0; i < a.rope_frequency_factors.size(); ++i) {
    EXPECT_FLOAT_EQ(static_cast<float>(a.rope_frequency_factors[i]),
                    static_cast<float>(b.rope_frequency_factors[i]));
  }
  if (a.architecture == Architecture::llama) {
    EXPECT_EQ(a.rope_pairing, RopePairing::halves);
    EXPECT_EQ(b.rope_pairing, RopePairing::adjacent);
  } else {
    EXPECT_EQ(a.rope_pairing, b.rope_pairing);
  }
}

/// Row `row` of Q or K as GGUF's llama has it is this row of what transformers has.
std::int64_t halves_row(std::int64_t row, std::int64_t head_dim) {
  const std::int64_t within = row % head_dim;
  return row - within + within / 2 + (within % 2) * head_dim / 2;
}

TEST_P(GoldenModel, HasTheSameWeightsThroughBothDoors) {
  for (const auto& [name, a] : hugging_face.weights) {
    const auto found = gguf.weights.find(name);
    ASSERT_NE(found, gguf.weights.end()) << name;
    const TensorView& b = found->second;
    ASSERT_EQ(a.shape, b.shape) << name;
    const auto a_values = values_of(a);
    const auto b_values = values_of(b);
    const bool reordered =
        hugging_face.config.architecture == Architecture::llama &&
        (name.find("attn_q.") != std::string::npos || name.find("attn_k.") != std::string::npos);
    const auto length = static_cast<std::size_t>(a.row_length());
    for (std::int64_t row = 0; row < a.rows(); ++row) {
      const auto a_row = reordered ? halves_row(row, hugging_face.config.head_dim) : row;
      const auto from = a_values.begin() + a_row * a.row_length();
      EXPECT_TRUE(std::equal(from, from + static_cast<std::ptrdiff_t>(length),
                             b_values.begin() + row * a.row_length()))
          << name << " row " << row;
    }
  }
}

TEST_P(GoldenModel, SaysWhereItCameFrom) {
  EXPECT_EQ(hugging_face.config.name, GetParam());
  EXPECT_EQ(gguf.config.name, "golden " + GetParam());
  EXPECT_EQ(gguf.source, golden_path("models/" + GetParam() + "/model.gguf").string());
  EXPECT_EQ(gguf.files, std::vector<std::string>{gguf.source});
  EXPECT_EQ(hugging_face.files.size(), GetParam() == "llama3" ? 3U : 1U);
  EXPECT_FALSE(gguf.synthetic);
  EXPECT_FALSE(hugging_face.synthetic);
  EXPECT_EQ(hugging_face.weight_type, gguf.weight_type);
}

TEST_P(GoldenModel, OutlivesNothingButItself) {
  // The views must stay good when the model has been moved and copied.
  Model moved = golden_model(GetParam());
  const Model copy = moved;
  moved = Model{};
  EXPECT_EQ(fingerprint(copy), fingerprint(hugging_face));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenModel,
                         ::testing::Values("llama", "llama3", "llama-blocks", "qwen2", "gpt2",
                                           "gpt2-f16"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(GoldenModels, HaveTheTypesTheyWereWrittenIn) {
  EXPECT_EQ(golden_model("llama").weight_type, "f32");
  EXPECT_EQ(golden_model("llama3").weight_type, "bf16");
  EXPECT_EQ(golden_model("gpt2-f16").weight_type, "f16");
  EXPECT_EQ(golden_model("llama-blocks/model-q8_0.gguf").weight_type, "q8_0");
  EXPECT_EQ(golden_model("llama-blocks/model-q4_0.gguf").weight_type, "q4_0");
}

TEST(GoldenModels, InBlocksAreWhatOurQuantisersMakeOfTheOriginal) {
  const Model original = golden_model("llama-blocks/model.gguf");
  for (const Type type : {Type::q8_0, Type::q4_0}) {
    const Model quantised =
        golden_model("llama-blocks/model-" + std::string(name_of(type)) + ".gguf");
    for (const auto& [name, view] : quantised.weights) {
      const auto values = values_of(original.weights.at(name));
      std::vector<std::byte> ours(view.bytes.size());
      from_float(view.type, values, ours);
      EXPECT_TRUE(std::equal(ours.begin(), ours.end(), view.bytes.begin())) << name;
    }
  }
}

TEST(GoldenModels, SayTheSameInTheNewerSpellingOfTheConfig) {
  const auto parse = [](const std::string& file) {
    const auto path = golden_path("models/llama3/" + file);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return parse_hugging_face_config(text.str(), path.string());
  };
  const ModelConfig older = parse("config.json");
  const ModelConfig newer = parse("config.rope_parameters.json");
  EXPECT_EQ(older.rope_theta, newer.rope_theta);
  EXPECT_FALSE(older.rope_frequency_factors.empty());
  EXPECT_EQ(older.rope_frequency_factors, newer.rope_frequency_factors);
  EXPECT_EQ(older.tied_embeddings, newer.tied_embeddings);
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/formats/hugging_face_model.h"

#include <gmock/gmock.h>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/formats/is_error_at.h"
#include "tests/unit/workloads/formats/safetensors_bytes.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

ModelConfig small_gpt2_config() {
  ModelConfig config;
  config.architecture = Architecture::gpt2;
  config.layers = 1;
  config.hidden = 2;
  config.heads = config.kv_heads = 1;
  config.head_dim = 2;
  config.ffn = 3;
  config.vocab = 5;
  config.context = 4;
  config.tied_embeddings = config.qkv_bias = true;
  return config;
}

SafetensorsBytes gpt2_file(const std::string& prefix, std::string_view dtype, std::size_t size,
                           std::string_view without = {}) {
  SafetensorsBytes file;
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    if (name != without) {
      file.tensor(prefix + name, dtype, shape, size);
    }
  };
  add("wte.weight", {5, 2});
  add("wpe.weight", {4, 2});
  for (const std::string norm : {"h.0.ln_1", "h.0.ln_2", "ln_f"}) {
    add(norm + ".weight", {2});
    add(norm + ".bias", {2});
  }
  add("h.0.attn.c_attn.weight", {2, 6});
  add("h.0.attn.c_attn.bias", {6});
  add("h.0.attn.c_proj.weight", {2, 2});
  add("h.0.attn.c_proj.bias", {2});
  add("h.0.mlp.c_fc.weight", {2, 3});
  add("h.0.mlp.c_fc.bias", {3});
  add("h.0.mlp.c_proj.weight", {3, 2});
  add("h.0.mlp.c_proj.bias", {2});
  return file;
}

Model load(const ModelConfig& config, const std::vector<std::byte>& bytes) {
  const std::vector<SafetensorsFile> files{SafetensorsFile::parse(bytes, "model.safetensors")};
  return hugging_face_model(config, files, "folder");
}

TEST(HuggingFaceModel, TransposesAndSplitsGpt2) {
  for (const std::string prefix : {"", "transformer."}) {
    const auto bytes = gpt2_file(prefix, "F16", 2).build();
    const SafetensorsFile file = SafetensorsFile::parse(bytes, "model.safetensors");
    const Model model = hugging_face_model(small_gpt2_config(), std::span(&file, 1), "folder");
    const auto stored = file.find(prefix + "h.0.attn.c_attn.weight")->bytes;
    const auto element = [](std::span<const std::byte> of, std::size_t index) {
      return std::pair(of[2 * index], of[2 * index + 1]);
    };
    std::size_t part = 0;
    for (const std::string name : {"attn_q", "attn_k", "attn_v"}) {
      const TensorView& view = model.weights.at("blk.0." + name + ".weight");
      ASSERT_EQ(view.shape, (Shape{2, 2}));
      EXPECT_EQ(view.type, Type::f16);
      for (std::size_t out = 0; out < 2; ++out) {
        for (std::size_t in = 0; in < 2; ++in) {
          EXPECT_EQ(element(view.bytes, 2 * out + in), element(stored, 6 * in + 2 * part + out));
        }
      }
      EXPECT_EQ(model.weights.at("blk.0." + name + ".bias").bytes.data(),
                file.find(prefix + "h.0.attn.c_attn.bias")->bytes.data() + 4 * part);
      ++part;
    }
    const auto up = file.find(prefix + "h.0.mlp.c_fc.weight")->bytes;
    const TensorView& up_view = model.weights.at("blk.0.ffn_up.weight");
    ASSERT_EQ(up_view.shape, (Shape{3, 2}));
    EXPECT_EQ(element(up_view.bytes, 3), element(up, 4)) << "[1][1] of [3, 2] is [1][1] of [2, 3]";
    EXPECT_EQ(element(up_view.bytes, 4), element(up, 2));
    EXPECT_EQ(model.weights.at("token_embd.weight").bytes.data(),
              file.find(prefix + "wte.weight")->bytes.data())
        << "a table is not copied";
  }
}

TEST(HuggingFaceModel, TransposesLargeMatrices) {
  ModelConfig config = small_gpt2_config();
  config.hidden = config.head_dim = 66;  // more than two tiles, not whole ones
  config.ffn = 35;
  SafetensorsBytes file;
  file.tensor("wte.weight", "F32", {5, 66}, 4).tensor("wpe.weight", "F32", {4, 66}, 4);
  for (const std::string norm : {"h.0.ln_1", "h.0.ln_2", "ln_f"}) {
    file.tensor(norm + ".weight", "F32", {66}, 4).tensor(norm + ".bias", "F32", {66}, 4);
  }
  file.tensor("h.0.attn.c_attn.weight", "F32", {66, 198}, 4);
  file.tensor("h.0.attn.c_attn.bias", "F32", {198}, 4);
  file.tensor("h.0.attn.c_proj.weight", "F32", {66, 66}, 4);
  file.tensor("h.0.attn.c_proj.bias", "F32", {66}, 4);
  file.tensor("h.0.mlp.c_fc.weight", "F32", {66, 35}, 4)
      .tensor("h.0.mlp.c_fc.bias", "F32", {35}, 4);
  file.tensor("h.0.mlp.c_proj.weight", "F32", {35, 66}, 4)
      .tensor("h.0.mlp.c_proj.bias", "F32", {66}, 4);
  auto bytes = file.build();
  const SafetensorsFile parsed = SafetensorsFile::parse(bytes, "model.safetensors");
  const SafetensorsTensor& stored = *parsed.find("h.0.attn.c_attn.weight");
  for (std::uint32_t i = 0; i < 66 * 198; ++i) {
    std::memcpy(bytes.data() + stored.offset + 4 * i, &i, sizeof i);
  }
  const Model model = hugging_face_model(config, std::span(&parsed, 1), "folder");
  const auto values = model.weights.at("blk.0.attn_v.weight").bytes;
  for (std::uint32_t out = 0; out < 66; ++out) {
    for (std::uint32_t in = 0; in < 66; ++in) {
      std::uint32_t value = 0;
      std::memcpy(&value, values.data() + 4 * (66 * out + in), sizeof value);
      ASSERT_EQ(value, 198 * in + 132 + out);
    }
  }
}

TEST(HuggingFaceModel, NamesTheTensorThatIsMissing) {
  const std::string line = error_of([] {
    return load(small_gpt2_config(), gpt2_file("", "F32", 4, "h.0.mlp.c_fc.bias").build());
  });
  EXPECT_THAT(line, IsErrorAt("model.safetensors", 8, "tensor 'h.0.mlp.c_fc.bias' is missing"));
}

TEST(HuggingFaceModel, NamesTheDirectoryWhenNoShardHasTheTensor) {
  const auto bytes = gpt2_file("", "F32", 4, "wpe.weight").build();
  const auto none = safetensors_file("{}", 0);
  const std::vector<SafetensorsFile> files{SafetensorsFile::parse(bytes, "one"),
                                           SafetensorsFile::parse(none, "two")};
  EXPECT_THAT(error_of([&] { return hugging_face_model(small_gpt2_config(), files, "folder"); }),
              ::testing::AllOf(::testing::StartsWith("folder: tensor 'wpe.weight' is missing"),
                               HasSubstr("; download the model again")));
}

TEST(HuggingFaceModel, RefusesTypesThatCannotBeWeights) {
  const SafetensorsBytes file = gpt2_file("", "F64", 8);
  EXPECT_THAT(error_of([&] { return load(small_gpt2_config(), file.build()); }),
              IsErrorAt("model.safetensors", 8 + file.header().find("\"wte.weight\""),
                        "tensor 'wte.weight' has dtype F64"));
}

TEST(HuggingFaceModel, RefusesShapesThatDoNotFitTheConfig) {
  const SafetensorsBytes file = gpt2_file("", "F32", 4);
  ModelConfig vocabulary = small_gpt2_config();
  vocabulary.vocab = 6;
  EXPECT_THAT(error_of([&] { return load(vocabulary, file.build()); }),
              IsErrorAt("model.safetensors", 8 + file.header().find("\"wte.weight\""),
                        "'wte.weight' is [5, 2], and the configuration implies [6, 2]"));
  ModelConfig inner = small_gpt2_config();
  inner.ffn = 4;
  EXPECT_THAT(error_of([&] { return load(inner, file.build()); }),
              IsErrorAt("model.safetensors", 8 + file.header().find("\"h.0.mlp.c_fc.weight\""),
                        "is [2, 3], and the configuration implies [2, 4]"));
}

TEST(HuggingFaceModel, RefusesMixturesInWords) {
  ModelConfig config = small_gpt2_config();
  config.architecture = Architecture::mixtral;
  config.experts = 8;
  EXPECT_THAT(error_of([&] { return hugging_face_model(config, {}, "folder"); }),
              HasSubstr("folder: the experts of a mixtral in safetensors are not read"));
}

TEST(HuggingFaceModel, FailsAtOnceOnMoreLayersThanTensors) {
  ModelConfig config = small_gpt2_config();
  config.layers = 10'000;
  EXPECT_THAT(error_of([&] { return load(config, gpt2_file("", "F32", 4).build()); }),
              HasSubstr("'h.1.ln_1.weight' is missing"));
}

}  // namespace
}  // namespace ridgepoint

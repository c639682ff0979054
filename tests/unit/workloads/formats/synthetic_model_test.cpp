#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/formats/synthetic_tensor.h"
#include "workloads/models/shapes.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::vector<float> rows_of(const SyntheticTensor& tensor, std::int64_t first, std::int64_t count) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(count * tensor.row_bytes()));
  std::vector<float> scratch;
  tensor.fill(first, count, bytes, scratch);
  std::vector<float> values(static_cast<std::size_t>(count * tensor.plan().shape.back()));
  to_float(tensor.type(), bytes, values);
  return values;
}

struct Moments {
  double mean, deviation;
};
Moments moments_of(const std::vector<float>& values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const float value : values) {
    squares += (value - mean) * (value - mean);
  }
  return {mean, std::sqrt(squares / n)};
}

TEST(SyntheticTensor, OfAMatrixIsNearlyNormalWithTheDeviationOfItsFanIn) {
  const SyntheticTensor tensor({"blk.0.ffn_up.weight", {256, 1024}, true}, Type::f32, 7);
  const auto values = rows_of(tensor, 0, 256);
  const Moments moments = moments_of(values);
  EXPECT_NEAR(moments.mean, 0.0, 3e-4);
  EXPECT_NEAR(moments.deviation * std::sqrt(1024.0), 1.0, 0.01);
  double fourth = 0;
  for (const float value : values) {
    fourth += std::pow(value / moments.deviation, 4);
  }
  // The sum of four uniforms has kurtosis 3 - 6/5/4.
  EXPECT_NEAR(fourth / static_cast<double>(values.size()), 2.7, 0.05);
}

TEST(SyntheticTensor, OfANormIsNearOneAndOfABiasNearZero) {
  const auto norm = rows_of({{"blk.0.attn_norm.weight", {4096}, false}, Type::q8_0, 7}, 0, 1);
  EXPECT_NEAR(moments_of(norm).mean, 1.0, 0.01);
  EXPECT_NEAR(moments_of(norm).deviation, 0.05, 0.005);
  const auto bias = rows_of({{"blk.0.attn_norm.bias", {4096}, false}, Type::q8_0, 7}, 0, 1);
  EXPECT_NEAR(moments_of(bias).deviation, 0.02, 0.002);
  const auto table = rows_of({{"token_embd.weight", {64, 4096}, true}, Type::f32, 7}, 0, 64);
  EXPECT_NEAR(moments_of(table).deviation, 0.02, 0.001);
}

TEST(SyntheticTensor, MakesAnyRowByItself) {
  const SyntheticTensor tensor({"output.weight", {9, 64}, true}, Type::q4_0, 3);
  const auto whole = rows_of(tensor, 0, 9);
  for (std::int64_t row = 0; row < 9; ++row) {
    const auto alone = rows_of(tensor, row, 1);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), whole.begin() + 64 * row));
  }
}

TEST(SyntheticTensor, DiffersByRowNameAndSeed) {
  const auto row = [](const std::string& name, std::uint64_t seed, std::int64_t index) {
    return rows_of({{name, {4, 64}, true}, Type::f32, seed}, index, 1);
  };
  const auto first = row("a.weight", 1, 0);
  EXPECT_EQ(first, row("a.weight", 1, 0));
  EXPECT_NE(first, row("a.weight", 1, 1));
  EXPECT_NE(first, row("b.weight", 1, 0));
  EXPECT_NE(first, row("a.weight", 2, 0));
  EXPECT_NE(first, row("a.weight", 0, 0));
}

TEST(SyntheticTensor, KeepsItsValuesForEver) {
  // Stored answers depend on these: a change of the generator must be a new version, not a
  // surprise.
  const auto values = rows_of({{"token_embd.weight", {2, 32}, true}, Type::f32, 1}, 1, 1);
  EXPECT_EQ(std::vector<float>(values.begin(), values.begin() + 3),
            (std::vector<float>{0.0205411464F, 0.00895414408F, 0.00490152184F}));
}

TEST(SyntheticTensor, RefusesRowsThatAreNotWholeBlocks) {
  EXPECT_THAT(error_of([] {
                return SyntheticTensor({"x.weight", {4, 48}, true}, Type::q8_0, 1);
              }),
              HasSubstr("tensor 'x.weight': a row of 48 elements"));
}

/// A shape of each architecture, small enough to be made many times.
class SyntheticModel : public ::testing::TestWithParam<Type> {};

TEST_P(SyntheticModel, IsTheSameInMemoryAndThroughAFile) {
  TemporaryFolder folder;
  const auto path = folder.path() / "tiny.gguf";
  write_synthetic_gguf("tiny", GetParam(), 42, 2, path);
  const Model written = load_model(path);
  const Model made = synthesise_model("tiny", GetParam(), 42, 1);
  EXPECT_EQ(made.config.name, written.config.name);
  EXPECT_EQ(made.weight_type, name_of(GetParam()));
  EXPECT_EQ(written.weight_type, name_of(GetParam()));
  EXPECT_TRUE(made.synthetic);
  EXPECT_TRUE(written.synthetic);
  EXPECT_EQ(made.seed, 42U);
  EXPECT_EQ(written.seed, 42U);
  EXPECT_EQ(made.source, "shape:tiny");
  EXPECT_TRUE(made.files.empty());
  ASSERT_EQ(made.weights.size(), written.weights.size());
  for (const auto& [name, view] : made.weights) {
    const TensorView& other = written.weights.at(name);
    EXPECT_EQ(view.type, other.type) << name;
    EXPECT_EQ(view.shape, other.shape) << name;
    EXPECT_TRUE(
        std::equal(view.bytes.begin(), view.bytes.end(), other.bytes.begin(), other.bytes.end()))
        << name;
  }
  EXPECT_EQ(fingerprint(made), fingerprint(written));
}

TEST_P(SyntheticModel, DoesNotDependOnTheNumberOfThreads) {
  const std::string one = fingerprint(synthesise_model("tiny", GetParam(), 5, 1));
  EXPECT_EQ(fingerprint(synthesise_model("tiny", GetParam(), 5, 3)), one);
  EXPECT_EQ(fingerprint(synthesise_model("tiny", GetParam(), 5, 1000)), one);
  EXPECT_EQ(fingerprint(synthesise_model("tiny", GetParam(), 5, 0)), one);
  EXPECT_NE(fingerprint(synthesise_model("tiny", GetParam(), 6, 1)), one);
}

class SyntheticKQuants : public ::testing::TestWithParam<const char*> {};

TEST_P(SyntheticKQuants, AreTheSameInMemoryAndThroughAFileWhateverTheThreads) {
  TemporaryFolder folder;
  const auto path = folder.path() / "model.gguf";
  const ModelType type = ModelType::parse(GetParam());
  write_synthetic_gguf("byte-llama-6m", type, 42, 2, path);
  const Model written = load_model(path);
  const Model made = synthesise_model("byte-llama-6m", type, 42, 1);
  EXPECT_EQ(fingerprint(made), fingerprint(written));
  EXPECT_EQ(made.weight_type, written.weight_type);
}

INSTANTIATE_TEST_SUITE_P(EveryType, SyntheticKQuants, ::testing::Values("q4_k", "q6_k", "q4_k_m"),
                         [](const auto& param) { return std::string(param.param); });

INSTANTIATE_TEST_SUITE_P(EveryType, SyntheticModel,
                         ::testing::Values(Type::f32, Type::f16, Type::bf16, Type::q8_0,
                                           Type::q4_0),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(SyntheticModels, OfGpt2AreSplitOutOfTheFusedTensors) {
  TemporaryFolder folder;
  const auto path = folder.path() / "gpt2.gguf";
  write_synthetic_gguf("gpt2", Type::q4_0, 9, 2, path);
  const auto mapping = MappedFile::open(path);
  const GgufFile file = GgufFile::parse(mapping->bytes(), "gpt2.gguf");
  EXPECT_EQ(file.tensors().size(), 148U) << "as the published GGUF files count";
  EXPECT_EQ(file.find_tensor("blk.0.attn_qkv.weight")->view.shape, (Shape{2304, 768}));
  EXPECT_EQ(file.find_tensor("blk.0.attn_q.weight"), nullptr);
  EXPECT_EQ(fingerprint(load_model(path)), fingerprint(synthesise_model("gpt2", Type::q4_0, 9, 2)));
}

TEST(SyntheticModels, AreValidLlamaCppFiles) {
  TemporaryFolder folder;
  const auto path = folder.path() / "tiny.gguf";
  write_synthetic_gguf("tiny", Type::q8_0, 1, 1, path);
  const auto mapping = MappedFile::open(path);
  const GgufFile file = GgufFile::parse(mapping->bytes(), "tiny.gguf");
  EXPECT_EQ(file.version(), 3U);
  EXPECT_EQ(file.text("general.architecture"), "llama");
  EXPECT_EQ(file.integer("general.file_type"), 7);
  EXPECT_EQ(file.integer("general.quantization_version"), 2);
  EXPECT_EQ(file.integer("llama.rope.dimension_count"), 32);
  EXPECT_EQ(file.integer("llama.vocab_size"), 1024);
  EXPECT_EQ(file.text("tokenizer.ggml.model"), "no_vocab");
  EXPECT_EQ(file.boolean("ridgepoint.synthetic"), true);
  for (const GgufTensor& tensor : file.tensors()) {
    EXPECT_EQ(tensor.data_offset % 32, 0U);
  }
}

TEST(SyntheticModels, OfQ4KMAreLaidOutAsByLlamaCpp) {
  TemporaryFolder folder;
  const auto path = folder.path() / "model.gguf";
  write_synthetic_gguf("byte-llama-6m", ModelType::q4_k_m(), 1, 1, path);
  const auto mapping = MappedFile::open(path);
  const GgufFile file = GgufFile::parse(mapping->bytes(), "model.gguf");
  EXPECT_EQ(file.integer("general.file_type"), 15);
  EXPECT_EQ(file.find_tensor("output.weight")->view.type, Type::q6_k);
  EXPECT_EQ(file.find_tensor("token_embd.weight")->view.type, Type::q4_k);
  EXPECT_EQ(file.find_tensor("blk.0.ffn_down.weight")->view.type, Type::q6_k);
  EXPECT_EQ(file.find_tensor("blk.1.ffn_down.weight")->view.type, Type::q4_k);
  EXPECT_EQ(file.find_tensor("blk.0.attn_norm.weight")->view.type, Type::f32);
}

TEST(SyntheticModels, OfGpt2InQ4KMHaveOneTypeInAFusedTensor) {
  const Model model = synthesise_model("gpt2", ModelType::q4_k_m(), 1, 2);
  for (const int layer : {0, 1, 3, 11}) {
    const auto type = [&](const std::string& name) {
      return model.weights.at("blk." + std::to_string(layer) + "." + name + ".weight").type;
    };
    EXPECT_EQ(type("attn_q"), type("attn_v")) << layer;
    EXPECT_EQ(type("attn_k"), type("attn_v")) << layer;
    EXPECT_EQ(type("attn_v"), type("ffn_down")) << layer;
  }
}

TEST(SyntheticModels, RefuseUnknownShapesAndTypes) {
  const std::string line =
      error_of([] { return synthesise_model("tinylama-1.1b", Type::f16, 1, 1); });
  EXPECT_THAT(line, HasSubstr("unknown shape 'tinylama-1.1b'"));
  EXPECT_THAT(line, HasSubstr("did you mean 'tinyllama-1.1b'?"));
  EXPECT_THAT(line, HasSubstr("gpt-oss-120b"));
  EXPECT_THAT(error_of([] { return synthesise_model("tiny", Type::i32, 1, 1); }),
              HasSubstr("unknown weight type 'i32'"));
  EXPECT_THAT(error_of([] {
                write_synthetic_gguf("none", Type::f16, 1, 1, "/nowhere/x.gguf");
                return 0;
              }),
              HasSubstr("unknown shape 'none'"));
}

TEST(SyntheticModels, ThatDoNotFitTheDiskAreRefusedBeforehand) {
  TemporaryFolder folder;
  const auto path = folder.path() / "huge.gguf";
  if (std::filesystem::space(folder.path()).available > 1'600'000'000'000U) {
    GTEST_SKIP() << "this disk has room for 1.6 TB";
  }
  const std::string line = error_of([&] {
    write_synthetic_gguf("llama-3.1-405b", Type::f32, 1, 1, path);
    return 0;
  });
  EXPECT_THAT(line, ::testing::StartsWith(path.string() + ": needs 1623.4"));
  EXPECT_THAT(line, HasSubstr("GB free; make room or choose another place"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/formats/write_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/workloads/formats/golden.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/models/shapes.h"
#include "workloads/transforms/apply.h"
#include "workloads/transforms/parse.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A GGUF file and what it is mapped from.
struct OpenFile {
  explicit OpenFile(const std::filesystem::path& path)
      : mapping(MappedFile::open(path)), file(GgufFile::parse(mapping->bytes(), path.string())) {}
  std::shared_ptr<const MappedFile> mapping;
  GgufFile file;
};

class WrittenModel : public ::testing::TestWithParam<std::string> {
 protected:
  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "out.gguf";
};

// The golden GGUF files are what a converter made of the Hugging Face ones.
TEST_P(WrittenModel, FromHuggingFaceHasTheTensorsThatAConverterWrites) {
  const Model model = load_model(golden_path("models/" + GetParam()));
  write_gguf_model(model, ModelType::parse(model.weight_type), nullptr, path_);
  const OpenFile ours(path_), theirs(golden_path("models/" + GetParam() + "/model.gguf"));
  for (const GgufTensor& tensor : theirs.file.tensors()) {
    // An older converter repeats the tied embedding in this file.
    if (GetParam() == "gpt2-f16" && tensor.name == "output.weight") continue;
    const GgufTensor* written = ours.file.find_tensor(tensor.name);
    ASSERT_NE(written, nullptr) << tensor.name;
    EXPECT_EQ(written->view.type, tensor.view.type) << tensor.name;
    EXPECT_EQ(written->view.shape, tensor.view.shape) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(written->view.bytes, tensor.view.bytes)) << tensor.name;
  }
  const Model back = load_model(path_);
  EXPECT_EQ(back.config.rope_theta, model.config.rope_theta);
  EXPECT_EQ(back.config.context, model.config.context);
}

TEST_P(WrittenModel, FromGgufIsTheSameFileAgain) {
  const auto source = golden_path("models/" + GetParam() + "/model.gguf");
  const Model model = load_model(source);
  const OpenFile origin(source);
  write_gguf_model(model, ModelType::parse(model.weight_type), &origin.file, path_);
  const OpenFile copy(path_);
  ASSERT_EQ(copy.file.tensors().size(), origin.file.tensors().size());
  for (std::size_t i = 0; i < origin.file.tensors().size(); ++i) {
    const GgufTensor &a = origin.file.tensors()[i], &b = copy.file.tensors()[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.view.type, b.view.type) << a.name;
    EXPECT_TRUE(std::ranges::equal(a.view.bytes, b.view.bytes)) << a.name;
  }
  for (const GgufEntry& entry : origin.file.metadata()) {
    if (entry.key == "general.alignment") continue;
    const GgufEntry* kept = copy.file.find(entry.key);
    ASSERT_NE(kept, nullptr) << entry.key;
    EXPECT_EQ(describe(*kept), describe(entry)) << entry.key;
  }
  EXPECT_EQ(fingerprint(load_model(path_)), fingerprint(model));
}

TEST_P(WrittenModel, AfterATransformIsTheTransformedModel) {
  for (const std::string& from : {GetParam(), GetParam() + "/model.gguf"}) {
    const auto source = golden_path("models/" + from);
    const auto result = apply_transform(load_model(source), parse_transform("q8+weight=f16"), 2);
    std::optional<OpenFile> origin;
    if (from != GetParam()) origin.emplace(source);
    write_gguf_model(result.model, Type::f16, origin ? &origin->file : nullptr, path_);
    const Model back = load_model(path_);
    EXPECT_EQ(back.weight_type, "f16");
    if (origin) {
      EXPECT_EQ(fingerprint(back), fingerprint(result.model));
    }
    for (const auto& [name, view] : result.model.weights) {
      EXPECT_EQ(back.weights.at(name).shape, view.shape) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, WrittenModel,
                         ::testing::Values("llama", "llama3", "llama-blocks", "qwen2", "gpt2",
                                           "gpt2-f16"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(WriteModel, SaysWhatTheFileIs) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "out.gguf";
  const Model model = synthesise_model("byte-llama-6m", Type::f16, 5, 2);
  const auto result = apply_transform(model, parse_transform("q4_k_m"), 2);
  write_gguf_model(result.model, ModelType::q4_k_m(), nullptr, path);
  const OpenFile written(path);
  EXPECT_EQ(written.file.integer("general.file_type"), 15);
  EXPECT_EQ(written.file.boolean("ridgepoint.synthetic"), true);
  EXPECT_EQ(written.file.integer("ridgepoint.seed"), 5);
  EXPECT_EQ(written.file.find_tensor("output.weight")->view.type, Type::q6_k);
  EXPECT_EQ(fingerprint(load_model(path)), fingerprint(result.model));
}

TEST(WriteModel, RefusesTypesThatGgufDoesNotHave) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "out.gguf";
  const Model model = synthesise_model("tiny", Type::f16, 5, 2);
  const auto result = apply_transform(model, parse_transform("f16+attn_q=w4a16:group=64"), 2);
  EXPECT_THAT(error_of([&] {
                write_gguf_model(result.model, Type::f16, nullptr, path);
                return 0;
              }),
              AllOf(HasSubstr("tensor 'blk.0.attn_q.weight'"), HasSubstr("cannot hold w4_g64")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(WriteModel, RefusesPartsOfOneTensorInDifferentTypes) {
  const TemporaryFolder folder;
  const Model model = load_model(golden_path("models/gpt2"));
  const auto result = apply_transform(model, parse_transform("attn_v=f16"), 1);
  EXPECT_THAT(error_of([&] {
                write_gguf_model(result.model, Type::f32, nullptr, folder.path() / "out.gguf");
                return 0;
              }),
              AllOf(HasSubstr("tensor 'blk.0.attn_v.weight'"), HasSubstr("as one")));
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/tokenizer/gguf_tokenizer_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/formats/write_model.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"
#include "workloads/tokenizer/open_tokenizer.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

const std::string kRoot = RIDGEPOINT_SOURCE_DIR;
const std::string kTokenizers = kRoot + "/tests/golden/tokenizers/";

Vocabulary vocabulary_of_json(const std::string& name) {
  const auto mapping = MappedFile::open(kTokenizers + name + ".json");
  const std::string_view text(reinterpret_cast<const char*>(mapping->bytes().data()),
                              mapping->bytes().size());
  return parse_hugging_face_vocabulary(text, mapping->path());
}

Vocabulary written_and_read(const Vocabulary& vocabulary, std::int64_t tokens) {
  GgufWriter writer;
  write_gguf_vocabulary(vocabulary, tokens, writer);
  const auto bytes = writer.header();
  return gguf_vocabulary(GgufFile::parse(bytes, "written.gguf"));
}

class GgufTokenizerSection : public ::testing::TestWithParam<const char*> {};

TEST_P(GgufTokenizerSection, MeansTheSameTextAsTheJsonThatItIsMadeOf) {
  const Vocabulary origin = vocabulary_of_json(GetParam());
  const Vocabulary back = written_and_read(origin, 0);
  EXPECT_EQ(back.pieces, origin.pieces);
  EXPECT_EQ(back.kinds, origin.kinds);
  EXPECT_EQ(back.bos, origin.bos);
  EXPECT_EQ(back.eos, origin.eos);
  EXPECT_EQ(back.add_bos, origin.add_bos);
  EXPECT_EQ(back.add_space_prefix, origin.add_space_prefix);
  const auto ours = make_tokenizer(back), theirs = make_tokenizer(origin);
  std::ifstream file(kTokenizers + "golden.json");
  const auto texts = nlohmann::json::parse(file)["texts"];
  ASSERT_GT(texts.size(), 70U);
  for (const auto& text : texts) {
    EXPECT_EQ(ours->encode(text.get<std::string>()), theirs->encode(text.get<std::string>()))
        << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, GgufTokenizerSection,
                         ::testing::Values("gpt2", "llama2", "llama3", "qwen2"));

TEST(GgufTokenizerSection, IsFilledUpToWhatTheModelKnows) {
  const Vocabulary origin = vocabulary_of_json("llama2");
  const Vocabulary back = written_and_read(origin, std::ssize(origin.pieces) + 3);
  ASSERT_EQ(back.pieces.size(), origin.pieces.size() + 3);
  EXPECT_EQ(back.kinds.back(), TokenKind::unused);
  EXPECT_EQ(make_tokenizer(back)->encode("some text"), make_tokenizer(origin)->encode("some text"));
}

TEST(GgufTokenizerSection, RefusesWhatGgufHasNoWordsFor) {
  Vocabulary vocabulary = vocabulary_of_json("gpt2");
  vocabulary.whole_words = true;
  EXPECT_THAT(error_of([&] { return written_and_read(vocabulary, 0); }),
              HasSubstr("looked up whole"));
}

/// A copy of the bundled model's directory, and what its section is as a file of its own.
class TokenizerOfADirectory : public ::testing::Test {
 protected:
  TokenizerOfADirectory() {
    std::filesystem::copy(kRoot + "/workloads/weights/byte-llama-6m", folder_.path() / "model",
                          std::filesystem::copy_options::recursive);
  }
  std::string write() {
    const Model model = load_model(folder_.path() / "model");
    std::string left_out;
    write_gguf_model(
        model, ModelType::parse(model.weight_type), nullptr, path_,
        [&](GgufWriter& writer) { left_out = write_tokenizer_section(model, writer); });
    return left_out;
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "out.gguf";
};

TEST_F(TokenizerOfADirectory, OfBytesKeepsWhatBeginsAText) {
  EXPECT_EQ(write(), "");
  const auto tokenizer = open_tokenizer(load_model(path_));
  EXPECT_EQ(tokenizer->kind(), "bytes");
  EXPECT_EQ(tokenizer->bos(), 0);
  EXPECT_TRUE(tokenizer->adds_bos());
}

TEST_F(TokenizerOfADirectory, GoesIntoTheFile) {
  std::filesystem::copy_file(kTokenizers + "llama2.json",
                             folder_.path() / "model" / "tokenizer.json");
  EXPECT_EQ(write(), "");
  EXPECT_EQ(open_tokenizer(load_model(path_))->kind(), "llama");
}

TEST_F(TokenizerOfADirectory, ThatIsNotReadIsLeftOutWithTheReason) {
  folder_.write("model/tokenizer.json", std::string_view(R"({"model":{"type":"Unigram"}})"));
  EXPECT_THAT(write(), HasSubstr("tokenizer.json"));
  EXPECT_EQ(open_tokenizer(load_model(path_))->kind(), "bytes");
}

}  // namespace
}  // namespace ridgepoint

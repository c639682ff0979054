// Encodings that Hugging Face tokenizers and sentencepiece made of tricky texts, by small
// vocabularies that they trained themselves (tests/golden/tokenizers).
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace ridgepoint {
namespace {

using Ids = std::vector<std::int32_t>;

std::string golden_path(const std::string& name) {
  return std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/tokenizers/" + name;
}

std::unique_ptr<Tokenizer> from_gguf(const std::string& name) {
  const auto mapping = MappedFile::open(golden_path(name + ".gguf"));
  return make_tokenizer(gguf_vocabulary(GgufFile::parse(mapping->bytes(), mapping->path())));
}

std::unique_ptr<Tokenizer> from_json(const std::string& name) {
  const auto mapping = MappedFile::open(golden_path(name + ".json"));
  const std::string_view text(reinterpret_cast<const char*>(mapping->bytes().data()),
                              mapping->bytes().size());
  return make_tokenizer(parse_hugging_face_vocabulary(text, mapping->path()));
}

const nlohmann::json& golden() {
  static const auto parsed = [] {
    std::ifstream file(golden_path("golden.json"));
    return nlohmann::json::parse(file);
  }();
  return parsed;
}

void expect_golden(const Tokenizer& tokenizer, const std::string& vocabulary) {
  const auto& expected = golden()["vocabularies"][vocabulary];
  const auto& texts = golden()["texts"];
  ASSERT_EQ(texts.size(), expected["texts"].size());
  ASSERT_GT(texts.size(), 70U);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto text = texts[i].get<std::string>();
    const Ids ids = tokenizer.encode(text);
    EXPECT_EQ(ids, expected["texts"][i].get<Ids>()) << vocabulary << " of " << texts[i];
    EXPECT_EQ(tokenizer.decode(ids), text);
  }
  for (std::size_t i = 0; i < expected["special"].size(); ++i) {
    const auto text = golden()["special_texts"][i].get<std::string>();
    const Ids ids = tokenizer.encode(text, {.special = true});
    EXPECT_EQ(ids, expected["special"][i].get<Ids>()) << vocabulary << " of " << text;
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text) << "not asked for, it is text";
  }
}

class ByteLevelVocabularies : public ::testing::TestWithParam<const char*> {};

TEST_P(ByteLevelVocabularies, EncodeAsHuggingFaceDoesFromGguf) {
  expect_golden(*from_gguf(GetParam()), GetParam());
}

TEST_P(ByteLevelVocabularies, EncodeAsHuggingFaceDoesFromTokenizerJson) {
  expect_golden(*from_json(GetParam()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, ByteLevelVocabularies, ::testing::Values("gpt2", "llama3", "qwen2"),
                         [](const auto& one) { return std::string(one.param); });

TEST(SentencePieceVocabularies, EncodeAsSentencePieceDoes) {
  expect_golden(*from_gguf("spm"), "spm");
}

TEST(SentencePieceVocabularies, EncodeWithoutASpaceBeforeTheTextWhereTheFileSaysSo) {
  expect_golden(*from_gguf("spm-no-prefix"), "spm-no-prefix");
}

TEST(SentencePieceVocabularies, EncodeAsHuggingFaceDoesFromTokenizerJson) {
  expect_golden(*from_json("llama2"), "llama2");
}

TEST(GoldenVocabularies, SayWhatBeginsAText) {
  EXPECT_TRUE(from_gguf("llama3")->adds_bos());
  EXPECT_TRUE(from_json("llama3")->adds_bos());
  EXPECT_EQ(from_json("llama3")->bos(), 0);
  EXPECT_FALSE(from_gguf("qwen2")->adds_bos());
  EXPECT_EQ(from_gguf("qwen2")->bos(), 0);
  EXPECT_EQ(from_gguf("qwen2")->eos(), 1);
  EXPECT_TRUE(from_gguf("spm")->adds_bos());
  EXPECT_EQ(from_json("llama2")->bos(), 1);
  EXPECT_EQ(from_gguf("gpt2")->kind(), "gpt2 (gpt-2)");
  EXPECT_EQ(from_gguf("spm")->kind(), "llama");
}

}  // namespace
}  // namespace ridgepoint

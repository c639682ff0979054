#include "workloads/tokenizer/open_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

const std::string kSource = RIDGEPOINT_SOURCE_DIR;

Model model_of(const std::string& source, std::int64_t vocabulary, bool synthetic = false) {
  Model model;
  model.source = source;
  model.synthetic = synthetic;
  model.config.vocab = vocabulary;
  return model;
}

TEST(OpenTokenizer, TakesBytesForTheBundledModelWithTheTokenThatItsConfigNames) {
  const auto tokenizer =
      open_tokenizer(model_of(kSource + "/workloads/weights/byte-llama-6m", 256));
  EXPECT_EQ(tokenizer->kind(), "bytes");
  EXPECT_EQ(tokenizer->bos(), 0);
  EXPECT_TRUE(tokenizer->adds_bos());
}

TEST(OpenTokenizer, ReadsTheVocabularyOfAGgufFile) {
  const auto tokenizer =
      open_tokenizer(model_of(kSource + "/tests/golden/tokenizers/spm.gguf", 760));
  EXPECT_EQ(tokenizer->kind(), "llama");
}

TEST(OpenTokenizer, ReadsTheTokenizerJsonOfADirectoryAndItsConfig) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(kSource + "/tests/golden/tokenizers/qwen2.json",
                             folder / "tokenizer.json");
  folder.write("config.json", std::string_view(R"({"bos_token_id":0,"eos_token_id":1})"));
  const auto tokenizer = open_tokenizer(model_of(folder.path().string(), 700));
  EXPECT_EQ(tokenizer->kind(), "gpt2 (qwen2)");
  EXPECT_EQ(tokenizer->bos(), 0);
  EXPECT_EQ(tokenizer->eos(), 1);
  EXPECT_FALSE(tokenizer->adds_bos()) << "no template puts it there";
}

TEST(OpenTokenizer, IgnoresTokensOfAConfigThatAreNone) {
  const TemporaryFolder folder;
  folder.write("config.json", std::string_view(R"({"bos_token_id":-1,"eos_token_id":[1,2]})"));
  const auto tokenizer = open_tokenizer(model_of(folder.path().string(), 256));
  EXPECT_FALSE(tokenizer->bos());
  EXPECT_FALSE(tokenizer->eos());
  folder.write("config.json", std::string_view("[]"));
  EXPECT_THAT(error_of([&] { return open_tokenizer(model_of(folder.path().string(), 256)); }),
              HasSubstr("config.json"));
}

TEST(OpenTokenizer, GivesSyntheticModelsBytesForWantOfWords) {
  EXPECT_EQ(open_tokenizer(model_of("shape:tinyllama-1.1b", 32000, true))->vocabulary(), 32000);
}

TEST(OpenTokenizer, SaysWhereThereIsNone) {
  EXPECT_THAT(
      error_of([] { return open_tokenizer(model_of(kSource + "/tests/golden/models/llama", 97)); }),
      HasSubstr("has no tokenizer that is read here"));
}

}  // namespace
}  // namespace ridgepoint

#include "workloads/tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> words(PreTokenizer pre_tokenizer, std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = end_of_word(pre_tokenizer, text, start);
    EXPECT_GT(end, start);
    if (end <= start) break;
    found.emplace_back(text.substr(start, end - start));
    start = end;
  }
  return found;
}

TEST(Gpt2Words, KeepTheSpaceBeforeThem) {
  EXPECT_THAT(words(PreTokenizer::gpt2, "Hello  world 12345 it's"),
              ElementsAre("Hello", " ", " world", " 12345", " it", "'s"));
  EXPECT_THAT(words(PreTokenizer::gpt2, "a\n\nb  "), ElementsAre("a", "\n", "\n", "b", "  "));
  EXPECT_THAT(words(PreTokenizer::gpt2, "DON'T"), ElementsAre("DON", "'", "T"));
}

TEST(Llama3Words, CutNumbersInThreesAndKeepLineBreaksTogether) {
  EXPECT_THAT(words(PreTokenizer::llama3, "12345678"), ElementsAre("123", "456", "78"));
  EXPECT_THAT(words(PreTokenizer::llama3, "end.\n\n Next"), ElementsAre("end", ".\n\n", " Next"));
  EXPECT_THAT(words(PreTokenizer::llama3, "x \n \n  y"), ElementsAre("x", " \n \n", " ", " y"));
  EXPECT_THAT(words(PreTokenizer::llama3, "DON'T (see)"),
              ElementsAre("DON", "'T", " (", "see", ")"));
}

TEST(Qwen2Words, CutNumbersInDigits) {
  EXPECT_THAT(words(PreTokenizer::qwen2, " 123"), ElementsAre(" ", "1", "2", "3"));
}

TEST(Words, OfBytesThatAreNoUtf8AreSymbols) {
  EXPECT_THAT(words(PreTokenizer::gpt2, "a\xff\xfe b"), ElementsAre("a", "\xff\xfe", " b"));
}

TEST(PreTokenizers, AreFoundByTheNamesThatFilesUse) {
  EXPECT_EQ(find_pre_tokenizer("gpt-2"), PreTokenizer::gpt2);
  EXPECT_EQ(find_pre_tokenizer("default"), PreTokenizer::gpt2);
  EXPECT_EQ(find_pre_tokenizer("llama-bpe"), PreTokenizer::llama3);
  EXPECT_EQ(find_pre_tokenizer("qwen2"), PreTokenizer::qwen2);
  EXPECT_EQ(find_pre_tokenizer("phi-2"), PreTokenizer::gpt2);
  EXPECT_EQ(find_pre_tokenizer("llama-v3"), PreTokenizer::llama3);
  EXPECT_EQ(find_pre_tokenizer("deepseek-r1-qwen"), PreTokenizer::qwen2);
  EXPECT_FALSE(find_pre_tokenizer("deepseek-llm"));
  EXPECT_FALSE(pre_tokenizer_of_pattern(""));
}

}  // namespace
}  // namespace ridgepoint

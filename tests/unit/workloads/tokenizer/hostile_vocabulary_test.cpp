// Vocabularies come from strangers: whatever is wrong with one is an Error of one line, and nothing
// is allocated on its word alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/formats/gguf_bytes.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string array_of_texts(const std::vector<std::string>& texts) {
  std::string value;
  GgufBytes::append(value, std::uint32_t{8});
  GgufBytes::append(value, static_cast<std::uint64_t>(texts.size()));
  for (const auto& text : texts) GgufBytes::append_text(value, text);
  return value;
}

template <class Number>
std::string array_of_numbers(std::uint32_t type, const std::vector<Number>& numbers) {
  std::string value;
  GgufBytes::append(value, type);
  GgufBytes::append(value, static_cast<std::uint64_t>(numbers.size()));
  for (const Number number : numbers) GgufBytes::append(value, number);
  return value;
}

/// What a test spoils before the file is made.
struct Parts {
  std::string model = "gpt2";
  std::string pre = "gpt-2";
  std::vector<std::string> tokens = {"a", "b", "ab", "<s>"};
  std::vector<std::int32_t> types = {1, 1, 1, 3};
  std::vector<float> scores = {-1, -2, -3, 0};
  std::vector<std::string> merges = {"a b"};
  std::uint32_t bos = 3;
  std::string left_out{};  ///< key
};

std::vector<std::byte> file_of(const Parts& parts) {
  GgufBytes file;
  file.text("general.architecture", "llama");
  const auto has = [&](const char* key) { return parts.left_out != key; };
  if (has("model")) file.text("tokenizer.ggml.model", parts.model);
  file.text("tokenizer.ggml.pre", parts.pre);
  if (has("tokens")) file.raw("tokenizer.ggml.tokens", 9, array_of_texts(parts.tokens));
  if (has("types")) file.raw("tokenizer.ggml.token_type", 9, array_of_numbers(5, parts.types));
  if (has("scores")) file.raw("tokenizer.ggml.scores", 9, array_of_numbers(6, parts.scores));
  if (has("merges")) file.raw("tokenizer.ggml.merges", 9, array_of_texts(parts.merges));
  file.u32("tokenizer.ggml.bos_token_id", parts.bos);
  return file.build();
}

std::unique_ptr<Tokenizer> open(const std::vector<std::byte>& bytes) {
  return make_tokenizer(gguf_vocabulary(GgufFile::parse(bytes, "test.gguf")));
}

std::string refusal_of(const Parts& parts) {
  const auto bytes = file_of(parts);
  const std::string line = error_of([&] { return open(bytes); });
  EXPECT_THAT(line, HasSubstr("test.gguf"));
  return line;
}

TEST(GgufVocabulary, OfFourTokensIsReadAsItStands) {
  const auto bytes = file_of({});
  const auto tokenizer = open(bytes);
  EXPECT_EQ(tokenizer->encode("aba"), (std::vector<std::int32_t>{2, 0}));
  EXPECT_EQ(tokenizer->bos(), 3);
  EXPECT_THAT(error_of([&] { return tokenizer->encode("c"); }), HasSubstr("0x63"));
  EXPECT_THAT(error_of([&] { return tokenizer->decode(std::vector<std::int32_t>{4}); }),
              HasSubstr("token 4"));
}

TEST(GgufVocabulary, PrefersABytesPieceByTheTableToOneThatWasAddedAsItIs) {
  Parts parts;
  parts.tokens = {"a", "\u0120", "\u0120a", "<s>", " "};
  parts.types = {1, 1, 1, 3, 1};
  parts.scores = {};
  parts.left_out = "scores";
  parts.merges = {"\u0120 a"};
  const auto bytes = file_of(parts);
  const auto tokenizer = open(bytes);
  EXPECT_THAT(tokenizer->encode(" a"), ::testing::ElementsAre(2));
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{4, 1}), "  ");
}

TEST(GgufVocabulary, WithoutTypesTakesBytesByTheirNames) {
  Parts parts;
  parts.model = "llama";
  parts.left_out = "types";
  parts.tokens = {"<unk>", "\u2581", "a", "<0x41>"};
  const auto bytes = file_of(parts);
  EXPECT_EQ(open(bytes)->encode("aA"), (std::vector<std::int32_t>{1, 2, 3}));
}

TEST(GgufVocabulary, RefusesPartsThatContradictEachOther) {
  Parts parts;
  parts.tokens[1] = "a";
  EXPECT_THAT(refusal_of(parts), HasSubstr("token 1 is 'a', and so is token 0"));
  parts = {};
  parts.tokens[1] = "";
  EXPECT_THAT(refusal_of(parts), HasSubstr("token 1 is empty"));
  parts = {};
  parts.types.pop_back();
  EXPECT_THAT(refusal_of(parts), HasSubstr("3 types for 4 tokens"));
  parts = {};
  parts.types[2] = 7;
  EXPECT_THAT(refusal_of(parts), HasSubstr("token 2 is of type 7"));
  parts = {};
  parts.bos = 4;
  EXPECT_THAT(refusal_of(parts), AllOf(HasSubstr("bos_token_id is 4"), HasSubstr("4 tokens")));
  parts = {};
  parts.bos = std::numeric_limits<std::uint32_t>::max();
  EXPECT_THAT(refusal_of(parts), HasSubstr("bos_token_id is 4294967295"));
}

TEST(GgufVocabulary, RefusesMergesThatNameNoTokens) {
  for (const auto& [merge, what] :
       {std::pair("a c", "merge 0 names 'c'"), std::pair("b a", "merge 0 names 'ba'"),
        std::pair("ab", "not two tokens"), std::pair("", "not two tokens"),
        std::pair("a ", "not two tokens"), std::pair(" b", "not two tokens"),
        std::pair("a b b", "merge 0 names 'b b'")}) {
    Parts parts;
    parts.merges = {merge};
    EXPECT_THAT(refusal_of(parts), HasSubstr(what)) << merge;
  }
}

TEST(GgufVocabulary, RefusesScoresThatAreMissingOrNone) {
  Parts parts;
  parts.model = "llama";
  parts.left_out = "scores";
  EXPECT_THAT(refusal_of(parts), HasSubstr("tokenizer.ggml.scores is missing"));
  parts = {};
  parts.model = "llama";
  parts.scores.pop_back();
  EXPECT_THAT(refusal_of(parts), HasSubstr("3 scores for 4 tokens"));
  parts = {};
  parts.model = "llama";
  parts.scores[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal_of(parts), HasSubstr("score of token 1 is no number"));
}

TEST(GgufVocabulary, RefusesKindsThatItDoesNotRead) {
  Parts parts;
  parts.model = "bert";
  EXPECT_THAT(refusal_of(parts), HasSubstr("tokenizer.ggml.model is 'bert'"));
  parts = {};
  parts.pre = "deepseek-llm";
  EXPECT_THAT(refusal_of(parts), HasSubstr("tokenizer.ggml.pre is 'deepseek-llm'"));
  for (const char* key : {"tokens", "merges"}) {
    parts = {};
    parts.left_out = key;
    EXPECT_THAT(refusal_of(parts), HasSubstr("is missing")) << key;
  }
  parts = {};
  parts.model = "llama";
  parts.types[0] = 6;
  EXPECT_THAT(refusal_of(parts), HasSubstr("stands for no byte"));
}

TEST(GgufVocabulary, RefusesMoreTokensThanAnyVocabularyHasBeforeItMakesRoom) {
  // Millions of empty texts: a small file for what it claims.
  const std::uint64_t count = kMostTokensOfVocabulary + 1;
  std::string value;
  GgufBytes::append(value, std::uint32_t{8});
  GgufBytes::append(value, count);
  value.resize(value.size() + count * 8);
  GgufBytes file;
  file.text("tokenizer.ggml.model", "gpt2");
  file.raw("tokenizer.ggml.tokens", 9, value);
  const auto bytes = file.build();
  EXPECT_THAT(error_of([&] { return gguf_vocabulary(GgufFile::parse(bytes, "test.gguf")); }),
              HasSubstr("more than any vocabulary"));
}

TEST(GgufVocabulary, RefusesArraysOfAnotherType) {
  GgufBytes file;
  file.text("tokenizer.ggml.model", "gpt2");
  file.u32("tokenizer.ggml.tokens", 3);
  auto bytes = file.build();
  EXPECT_THAT(error_of([&] { return gguf_vocabulary(GgufFile::parse(bytes, "test.gguf")); }),
              HasSubstr("is no array"));
  GgufBytes numbers;
  numbers.text("tokenizer.ggml.model", "gpt2");
  numbers.raw("tokenizer.ggml.tokens", 9, array_of_numbers<std::int32_t>(5, {1, 2}));
  bytes = numbers.build();
  EXPECT_THAT(error_of([&] { return gguf_vocabulary(GgufFile::parse(bytes, "test.gguf")); }),
              HasSubstr("is no array of string"));
}

TEST(GgufVocabulary, SurvivesEveryCutAndEveryChangedByte) {
  std::ifstream input(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/tokenizers/spm.gguf",
                      std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(input), {}};
  const auto look_at = [](const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    try {
      const auto file = GgufFile::parse({bytes.data(), bytes.size()}, "test.gguf");
      const auto tokenizer = make_tokenizer(gguf_vocabulary(file));
      static_cast<void>(tokenizer->encode("Any text, 12 é."));
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += 7) look_at(whole.substr(0, size));
  for (std::size_t place = 0; place < whole.size(); place += 5) {
    std::string altered = whole;
    altered[place] = static_cast<char>(altered[place] ^ (1 << (place % 8)));
    look_at(altered);
  }
}

std::string json_refusal(const std::string& json) {
  const std::string line =
      error_of([&] { return make_tokenizer(parse_hugging_face_vocabulary(json, "t.json")); });
  EXPECT_THAT(line, HasSubstr("t.json"));
  return line;
}

std::string json_with(const std::string& vocab, const std::string& merges,
                      const std::string& rest = "") {
  return R"({"model":{"type":"BPE","vocab":)" + vocab + R"(,"merges":)" + merges +
         R"(},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false})" + rest + "}";
}

TEST(TokenizerJson, OfThreeTokensIsReadInBothSpellings) {
  for (const char* merges : {R"(["a b"])", R"([["a","b"]])"}) {
    const auto tokenizer = make_tokenizer(
        parse_hugging_face_vocabulary(json_with(R"({"a":0,"b":1,"ab":2})", merges), "t.json"));
    EXPECT_EQ(tokenizer->encode("ab"), (std::vector<std::int32_t>{2}));
    EXPECT_EQ(tokenizer->vocabulary(), 3);
  }
}

TEST(TokenizerJson, FillsIdsThatNothingIsSaidAbout) {
  const auto tokenizer =
      make_tokenizer(parse_hugging_face_vocabulary(json_with(R"({"a":0,"b":3})", "[]"), "t.json"));
  EXPECT_EQ(tokenizer->vocabulary(), 4);
  EXPECT_EQ(tokenizer->bytes_of(1), 0);
}

TEST(TokenizerJson, RefusesWhatIsDamaged) {
  EXPECT_THAT(json_refusal(""), HasSubstr("is not JSON"));
  EXPECT_THAT(json_refusal("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(json_refusal("{\"model\":"), HasSubstr("byte"));
  EXPECT_THAT(json_refusal(json_with("{}", "[]")), HasSubstr("has no vocabulary"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":0,"b":0})", "[]")), HasSubstr("id 0 is of"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":-1})", "[]")), HasSubstr("no id that can be"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":1.5})", "[]")), HasSubstr("no id that can be"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":4000000000})", "[]")), HasSubstr("no id that can be"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":18446744073709551615})", "[]")),
              HasSubstr("no id that can be"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":0})", R"(["a b"])")), HasSubstr("names 'b'"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":0})", R"([["a"]])")), HasSubstr("no pair of tokens"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":0})", R"({})")), HasSubstr("no list of merges"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":0})", "[]", R"(,"added_tokens":3)")),
              HasSubstr("added_tokens"));
  EXPECT_THAT(
      json_refusal(json_with(R"({"a":0})", "[]", R"(,"added_tokens":[{"id":0,"content":"b"}])")),
      HasSubstr("id 0 is of 'a' and of 'b'"));
  EXPECT_THAT(
      json_refusal(json_with(R"({"a":0})", "[]", R"(,"added_tokens":[{"id":1,"content":"a"}])")),
      HasSubstr("token 1 is 'a', and so is token 0"));
}

TEST(TokenizerJson, RefusesKindsThatItDoesNotRead) {
  EXPECT_THAT(json_refusal(R"({"model":{"type":"WordPiece","vocab":{"a":0}}})"),
              HasSubstr("'WordPiece'"));
  EXPECT_THAT(json_refusal(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]}})"),
              HasSubstr("neither byte-level nor with byte fall-back"));
  EXPECT_THAT(json_refusal(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]},)"
                           R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true}})"),
              HasSubstr("a space that is put before the text"));
  EXPECT_THAT(json_refusal(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":)"
                           R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":)"
                           R"({"Regex":"\\d"},"behavior":"Isolated"},{"type":"ByteLevel",)"
                           R"("add_prefix_space":false,"use_regex":false}]}})"),
              HasSubstr("a pre-tokenizer 'Split'"));
  EXPECT_THAT(json_refusal(json_with(R"({"a":0})", "[]", R"(,"normalizer":{"type":"NFKC"})")),
              HasSubstr("'NFKC'"));
}

}  // namespace
}  // namespace ridgepoint

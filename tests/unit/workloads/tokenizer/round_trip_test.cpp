// decode(encode(x)) == x, for any text that random draws come up with.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/tokenizer/byte_tokenizer.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace ridgepoint {
namespace {

constexpr std::uint64_t kSeed = 20240831;

std::unique_ptr<Tokenizer> tokenizer_named(const std::string& name) {
  if (name == "bytes") return std::make_unique<ByteTokenizer>(256, 0, 0);
  const bool json = name == "llama2";
  const auto mapping =
      MappedFile::open(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/tokenizers/" + name +
                       (json ? ".json" : ".gguf"));
  if (json) {
    return make_tokenizer(parse_hugging_face_vocabulary(
        {reinterpret_cast<const char*>(mapping->bytes().data()), mapping->bytes().size()}, name));
  }
  return make_tokenizer(gguf_vocabulary(GgufFile::parse(mapping->bytes(), name)));
}

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | (code >> 6));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | (code >> 12));
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | (code >> 18));
    text += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// Mostly what merges and pre-tokenizers look at, now and then any character at all.
std::string random_text(std::mt19937_64& random) {
  static const std::vector<std::string> kParts = {" ",      "  ",     "\n",
                                                  "\r\n",   "\t",     "the",
                                                  "and ",   "'s",     "'LL",
                                                  "1",      "42",     "2024",
                                                  "é",      "ü",      "\u0301",
                                                  "\u2581", "\u00A0", "\u3000",
                                                  "你好",   "Привет", "👩‍👩‍👧",
                                                  "<tool>", "<0x41>", "<|end_of_text|>",
                                                  ".",      "!?",     "_",
                                                  "a",      "B",      "ſ"};
  std::string text;
  const std::size_t parts = random() % 40;
  for (std::size_t i = 0; i < parts; ++i) {
    if (random() % 3 == 0) {
      std::uint32_t code = 0;
      do {
        code = static_cast<std::uint32_t>(random() % (random() % 2 == 0 ? 0x500 : 0x110000));
      } while (code >= 0xD800 && code < 0xE000);
      append_utf8(text, code);
    } else {
      text += kParts[random() % kParts.size()];
    }
  }
  return text;
}

class RoundTrips : public ::testing::TestWithParam<const char*> {};

TEST_P(RoundTrips, GiveBackAnyUtf8) {
  RecordProperty("seed", std::to_string(kSeed));
  const auto tokenizer = tokenizer_named(GetParam());
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 1500; ++i) {
    const std::string text = random_text(random);
    const auto ids = tokenizer->encode(text);
    ASSERT_EQ(tokenizer->decode(ids), text) << ::testing::PrintToString(text);
    std::int64_t bytes = 0;
    for (const auto id : ids) {
      ASSERT_GE(id, 0);
      ASSERT_LT(id, tokenizer->vocabulary());
      bytes += tokenizer->bytes_of(id);
    }
    // A space may stand before the text.
    const auto size = static_cast<std::int64_t>(text.size());
    ASSERT_TRUE(bytes == size || bytes == size + 1) << bytes << " of " << size;
  }
}

TEST_P(RoundTrips, GiveBackAnyBytes) {
  const auto tokenizer = tokenizer_named(GetParam());
  std::mt19937_64 random(kSeed + 1);
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    const std::size_t count = random() % 60;
    for (std::size_t b = 0; b < count; ++b) bytes += static_cast<char>(random());
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(bytes)), bytes)
        << ::testing::PrintToString(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(All, RoundTrips,
                         ::testing::Values("bytes", "gpt2", "llama3", "qwen2", "spm",
                                           "spm-no-prefix", "llama2"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(LongTexts, AreEncodedInTimeThatGrowsWithThem) {
  // One word, one run of spaces: a loop over all pairs for each merge would take minutes.
  for (const char* name : {"gpt2", "spm"}) {
    const auto tokenizer = tokenizer_named(name);
    const std::string text = std::string(200'000, 'a') + std::string(200'000, ' ');
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
  }
}

}  // namespace
}  // namespace ridgepoint

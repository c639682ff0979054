// Tokens that a SentencePiece model's maker defined and that hold spaces, as Gemma has them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "workloads/tokenizer/sentence_piece_tokenizer.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;

enum Id : std::int32_t { kUnknown, kBos, kMark = 258, kA, kMarkA, kTwo, kThree, kMarkFoo };

Vocabulary vocabulary(bool prefix, const std::string& space) {
  Vocabulary made;
  made.origin = "test";
  made.family = VocabularyFamily::sentence_piece;
  made.add_space_prefix = prefix;
  made.unknown = kUnknown;
  made.bos = kBos;
  const auto add = [&](const std::string& piece, TokenKind kind, float score) {
    made.pieces.push_back(piece);
    made.kinds.push_back(kind);
    made.scores.push_back(score);
  };
  add("<unk>", TokenKind::unknown, 0);
  add("<s>", TokenKind::control, 0);
  for (int byte = 0; byte < 256; ++byte) add(fmt::format("<0x{:02X}>", byte), TokenKind::byte, 0);
  add("\u2581", TokenKind::normal, -3);
  add("a", TokenKind::normal, -2);
  add("\u2581a", TokenKind::normal, -1);
  add(space + space, TokenKind::user_defined, 0);
  add(space + space + space, TokenKind::user_defined, 0);
  add(space + "foo", TokenKind::user_defined, 0);
  return made;
}

class UserDefinedSpaces : public ::testing::TestWithParam<const char*> {};

TEST_P(UserDefinedSpaces, AreFoundInTheTextsSpaces) {
  const SentencePieceTokenizer plain(vocabulary(false, GetParam()));
  EXPECT_THAT(plain.encode("a  a"), ElementsAre(kA, kTwo, kA));
  EXPECT_THAT(plain.encode("a     a"), ElementsAre(kA, kThree, kTwo, kA)) << "the longest first";
  EXPECT_THAT(plain.encode("a foo a"), ElementsAre(kA, kMarkFoo, kMarkA));
}

TEST_P(UserDefinedSpaces, MayTakeTheSpaceBeforeTheText) {
  const SentencePieceTokenizer prefixed(vocabulary(true, GetParam()));
  EXPECT_THAT(prefixed.encode("foo"), ElementsAre(kMarkFoo));
  EXPECT_THAT(prefixed.encode("  a"), ElementsAre(kThree, kA));
  EXPECT_THAT(prefixed.encode("<s> a", {.special = true}), ElementsAre(kBos, kTwo, kA));
  EXPECT_THAT(prefixed.encode("<s>", {.special = true}), ElementsAre(kBos));
}

TEST_P(UserDefinedSpaces, AreToldFromMarksOfTheText) {
  constexpr std::uint64_t kTextSeed = 20261122;
  RecordProperty("seed", std::to_string(kTextSeed));
  for (const bool prefix : {false, true}) {
    const SentencePieceTokenizer tokenizer(vocabulary(prefix, GetParam()));
    std::mt19937_64 random(kTextSeed);
    for (int i = 0; i < 2000; ++i) {
      std::string text;
      for (std::uint64_t parts = random() % 12; parts > 0; --parts) {
        static constexpr const char* kParts[] = {" ",   "  ", "\u2581", "\u2581\u2581",
                                                 "foo", "a",  "<s>"};
        text += kParts[random() % std::size(kParts)];
      }
      ASSERT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(WrittenEitherWay, UserDefinedSpaces, ::testing::Values("\u2581", " "),
                         [](const auto& one) { return one.index == 0 ? "AsMarks" : "AsSpaces"; });

}  // namespace
}  // namespace ridgepoint

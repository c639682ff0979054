#include "harness/quality/text_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "workloads/tokenizer/byte_tokenizer.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Case windows_case(const std::string& scored, std::int64_t context, std::int64_t tokens = 0) {
  Case subject;
  subject.workload = "quality";
  subject.scored = scored;
  subject.context = context;
  subject.tokens = tokens;
  return subject;
}

const ByteTokenizer kBegins(256, 0, 0);
const ByteTokenizer kPlain(256, std::nullopt, std::nullopt);

TEST(TextWindows, OfSecondHalvesScoreWhatFollowsTheFirst) {
  const auto text = cut_text("abcdefghij", kPlain, windows_case("second-half", 4));
  ASSERT_EQ(text.windows.size(), 2U) << "the rest is no whole window";
  EXPECT_EQ(text.tokens, 8);
  EXPECT_THAT(text.windows[0].inputs, ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(text.windows[0].targets, ElementsAre('d'));
  EXPECT_EQ(text.windows[0].first, 2);
  EXPECT_EQ(text.windows[0].half, 2);
  EXPECT_THAT(text.windows[1].inputs, ElementsAre('e', 'f', 'g'));
}

TEST(TextWindows, PutTheTokenThatBeginsATextInPlaceOfTheFirst) {
  const auto text = cut_text("abcdefgh", kBegins, windows_case("second-half", 8));
  EXPECT_THAT(text.windows[0].inputs, ElementsAre(0, 'b', 'c', 'd', 'e', 'f', 'g'));
  EXPECT_THAT(text.windows[0].targets, ElementsAre('f', 'g', 'h'));
}

TEST(TextWindows, OfEverythingScoreEveryToken) {
  const auto text = cut_text("abcdefg", kBegins, windows_case("all", 4));
  ASSERT_EQ(text.windows.size(), 2U) << "the last one is shorter";
  EXPECT_THAT(text.windows[0].inputs, ElementsAre(0, 'a', 'b', 'c'));
  EXPECT_THAT(text.windows[0].targets, ElementsAre('a', 'b', 'c', 'd'));
  EXPECT_EQ(text.windows[0].first, 0);
  EXPECT_EQ(text.windows[0].half, 2);
  EXPECT_THAT(text.windows[1].inputs, ElementsAre(0, 'e', 'f'));
  EXPECT_THAT(text.windows[1].targets, ElementsAre('e', 'f', 'g'));
}

TEST(TextWindows, OfEverythingLeaveOutNoLastToken) {
  const auto text = cut_text("abcde", kBegins, windows_case("all", 4));
  ASSERT_EQ(text.windows.size(), 2U);
  EXPECT_THAT(text.windows[1].inputs, ElementsAre(0));
  EXPECT_THAT(text.windows[1].targets, ElementsAre('e'));
  EXPECT_EQ(text.windows[1].half, 1);
  EXPECT_EQ(cut_text("a", kBegins, windows_case("all", 4)).tokens, 1);
  EXPECT_EQ(cut_text("abcde", kPlain, windows_case("all", 4)).tokens, 4)
      << "without a token before it nothing predicts a single one";
}

TEST(TextWindows, OfEverythingBeginWithTheSecondTokenWhereNothingStandsBeforeTheFirst) {
  const auto text = cut_text("abcd", kPlain, windows_case("all", 4));
  EXPECT_THAT(text.windows[0].inputs, ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(text.windows[0].targets, ElementsAre('b', 'c', 'd'));
}

TEST(TextWindows, TakeNoMoreTokensThanAsked) {
  EXPECT_EQ(cut_text("abcdefghij", kPlain, windows_case("second-half", 4, 7)).windows.size(), 1U);
  EXPECT_EQ(cut_text("abcdefghij", kPlain, windows_case("all", 4, 6)).tokens, 6);
}

TEST(TextWindows, AreToldApartByTheirHash) {
  const auto hash = [](const char* text, const Tokenizer& tokenizer, const Case& subject) {
    return cut_text(text, tokenizer, subject).hash;
  };
  const auto one = hash("abcdefgh", kPlain, windows_case("second-half", 4));
  EXPECT_EQ(one, hash("abcdefghx", kPlain, windows_case("second-half", 4)));
  EXPECT_NE(one, hash("abcdefgx", kPlain, windows_case("second-half", 4)));
  EXPECT_NE(one, hash("abcdefgh", kBegins, windows_case("second-half", 4)));
  EXPECT_NE(one, hash("abcdefgh", kPlain, windows_case("second-half", 8)));
  EXPECT_NE(one, hash("abcdefgh", kPlain, windows_case("all", 4)));
}

TEST(TextWindows, NeedEnoughText) {
  EXPECT_THAT(error_of([] { return cut_text("abc", kPlain, windows_case("second-half", 4)); }),
              HasSubstr("3 tokens are fewer than one window of 4"));
  EXPECT_THAT(error_of([] { return cut_text("a", kPlain, windows_case("all", 4)); }),
              HasSubstr("nothing to predict it from"));
}

TEST(HeldOutText, IsAFileOrTheOneThatComesAlong) {
  Case subject = windows_case("all", 4);
  EXPECT_EQ(read_held_out_text(subject).size(), 79'865U);
  const TemporaryFolder folder;
  subject.text = folder.write("text.txt", std::string_view("some text")).string();
  EXPECT_EQ(read_held_out_text(subject), "some text");
  subject.text = folder.write("empty.txt", std::string_view()).string();
  EXPECT_THAT(error_of([&] { return read_held_out_text(subject); }), HasSubstr("is empty"));
  subject.text = folder.path().string();
  EXPECT_THAT(error_of([&] { return read_held_out_text(subject); }), HasSubstr("folder"));
  subject.text = folder.file("nothing");
  EXPECT_THAT(error_of([&] { return read_held_out_text(subject); }), HasSubstr("nothing"));
}

}  // namespace
}  // namespace ridgepoint

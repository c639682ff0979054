#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "harness/run/logit_answer.h"
#include "harness/run/random_tokens.h"

namespace ridgepoint {
namespace {

TEST(RandomTokens, AreTheSameOnEveryMachine) {
  const auto tokens = random_tokens(1, TokenStream::prompt, 1, 6, 32000);
  EXPECT_EQ(tokens, random_tokens(1, TokenStream::prompt, 1, 6, 32000));
  const std::vector<std::int32_t> written_down{1918, 27982, 31582, 15622, 25291, 2634};
  EXPECT_EQ(tokens, written_down);
}

TEST(RandomTokens, StayWithinTheVocabularyAndUseAllOfIt) {
  const auto tokens = random_tokens(7, TokenStream::depth, 4, 1000, 16);
  ASSERT_EQ(tokens.size(), 4000u);
  std::set<std::int32_t> seen(tokens.begin(), tokens.end());
  EXPECT_EQ(seen.size(), 16u);
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), 15);
}

TEST(RandomTokens, DifferBetweenSequencesStreamsAndSeeds) {
  const auto two = random_tokens(1, TokenStream::prompt, 2, 50, 1000);
  EXPECT_FALSE(std::equal(two.begin(), two.begin() + 50, two.begin() + 50));
  EXPECT_NE(random_tokens(1, TokenStream::depth, 2, 50, 1000), two);
  EXPECT_NE(random_tokens(2, TokenStream::prompt, 2, 50, 1000), two);
}

TEST(RandomTokens, OfALongerPromptBeginLikeTheShorter) {
  const auto shorter = random_tokens(3, TokenStream::check, 1, 10, 100);
  const auto longer = random_tokens(3, TokenStream::check, 1, 20, 100);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i % 997) - 300.25f;
  }
  return values;
}

TEST(LogitAnswer, KeepsSmallVocabulariesWhole) {
  const auto logits = ramp(97);
  const auto row = make_answer_row(logits);
  EXPECT_EQ(row.top, 96);
  ASSERT_EQ(row.values.size(), 98u);
  EXPECT_TRUE(std::equal(logits.begin(), logits.end(), row.values.begin()));
}

TEST(LogitAnswer, KeepsAnEvenShareOfLargeOnesAndTheTop) {
  auto logits = ramp(151'936);
  logits[77'777] = 5000;
  const auto row = make_answer_row(logits);
  EXPECT_EQ(row.top, 77'777);
  EXPECT_EQ(row.values.size(), 2049u);
  EXPECT_EQ(row.values.back(), 5000);
}

TEST(LogitAnswer, FingerprintsEveryBit) {
  auto logits = ramp(5000);
  const auto before = make_answer_row(logits).bits;
  logits[3] = std::nextafter(logits[3], 1e9f);
  EXPECT_NE(make_answer_row(logits).bits, before);
}

TEST(LogitAnswer, SurvivesTheWayThroughJson) {
  auto logits = ramp(97);
  logits[5] = -0.0f;
  logits[6] = std::numeric_limits<float>::denorm_min();
  const std::vector<AnswerRow> rows{make_answer_row(logits), make_answer_row(ramp(97))};
  EXPECT_EQ(parse_answer_rows(to_json(rows), 2, 97), rows);
}

TEST(LogitAnswer, TakesNothingForAnAnswerThatIsNone) {
  const auto json = to_json({make_answer_row(ramp(97))});
  EXPECT_FALSE(parse_answer_rows("", 1, 97).has_value());
  EXPECT_FALSE(parse_answer_rows("{}", 1, 97).has_value());
  EXPECT_FALSE(parse_answer_rows(json, 2, 97).has_value());
  EXPECT_FALSE(parse_answer_rows(json, 1, 96).has_value());
  EXPECT_FALSE(parse_answer_rows(json, 1, 98).has_value());
}

}  // namespace
}  // namespace ridgepoint

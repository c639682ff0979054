#include "harness/run/generation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <utility>

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;

/// Next token of a sequence is its last one plus one; remembers what it was fed.
class CountingSession : public Session {
 public:
  explicit CountingSession(std::size_t batch) : next_(batch) {}
  void forward(std::span<const std::int32_t> tokens) override {
    fed.emplace_back(tokens.begin(), tokens.end());
    const auto count = tokens.size() / next_.size();
    for (std::size_t i = 0; i < next_.size(); ++i) next_[i] = tokens[(i + 1) * count - 1] + 1;
    length_ += static_cast<std::int64_t>(count);
    if (on_forward) on_forward();
  }
  std::span<const std::int32_t> next_tokens() const override { return next_; }
  std::span<const float> logits() override { return {}; }
  void truncate(std::int64_t length) override { length_ = length; }
  std::int64_t length() const override { return length_; }
  MemoryLedger memory() const override { return {}; }

  std::vector<std::vector<std::int32_t>> fed;
  std::function<void()> on_forward;

 private:
  std::vector<std::int32_t> next_;
  std::int64_t length_ = 0;
};

const std::atomic<bool> kGoOn{false};

TEST(Generation, FeedsBackWhatWasChosen) {
  CountingSession session(2);
  Generation generation({10, 11, 20, 21}, 2, 3, 100);
  EXPECT_TRUE(generation.run(session, kGoOn));
  EXPECT_THAT(session.fed,
              ElementsAre(ElementsAre(10, 11, 20, 21), ElementsAre(12, 22), ElementsAre(13, 23)));
  EXPECT_THAT(generation.tokens(), ElementsAre(12, 22, 13, 23, 14, 24));
  EXPECT_EQ(generation.steps_ns().size(), 2u);
  EXPECT_EQ(generation.end_to_end_ns(),
            generation.ttft_ns() + generation.steps_ns()[0] + generation.steps_ns()[1]);
}

TEST(Generation, DoesItsPartsAgainAsTheyWere) {
  for (const bool with_prompt : {true, false}) {
    CountingSession session(2);
    Generation generation(
        with_prompt ? std::vector<std::int32_t>{10, 11, 20, 21} : std::vector<std::int32_t>{}, 2, 3,
        100);
    EXPECT_TRUE(generation.run(session, kGoOn));
    const auto once = std::exchange(session.fed, {});
    if (with_prompt) generation.prompt_again(session);
    EXPECT_TRUE(generation.steps_again(session, kGoOn));
    EXPECT_EQ(session.fed, once) << with_prompt;
    const std::atomic<bool> stop{true};
    EXPECT_FALSE(generation.steps_again(session, stop));
  }
}

TEST(Generation, WithoutTokensToGenerateIsAPrefill) {
  CountingSession session(1);
  Generation generation({5, 6}, 1, 0, 100);
  EXPECT_TRUE(generation.run(session, kGoOn));
  EXPECT_THAT(session.fed, ElementsAre(ElementsAre(5, 6)));
  EXPECT_TRUE(generation.steps_ns().empty());
  EXPECT_EQ(generation.end_to_end_ns(), generation.ttft_ns());
}

TEST(Generation, WithoutAPromptCountsEveryStep) {
  CountingSession session(2);
  Generation generation({}, 2, 3, 100);
  EXPECT_TRUE(generation.run(session, kGoOn));
  EXPECT_THAT(session.fed, ElementsAre(ElementsAre(1, 1), ElementsAre(2, 2), ElementsAre(3, 3)));
  EXPECT_THAT(generation.tokens(), ElementsAre(2, 2, 3, 3, 4, 4));
  EXPECT_EQ(generation.steps_ns().size(), 3u);
}

TEST(Generation, TimesWhatTakesTime) {
  CountingSession session(1);
  session.on_forward = [] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  Generation generation({5}, 1, 3, 100);
  EXPECT_TRUE(generation.run(session, kGoOn));
  EXPECT_GE(generation.ttft_ns(), 3'000'000);
  for (const auto step : generation.steps_ns()) EXPECT_GE(step, 3'000'000);
}

TEST(Generation, StopsBetweenTokensAndKeepsThoseBefore) {
  std::atomic<bool> stop{false};
  CountingSession session(1);
  session.on_forward = [&] { stop = session.fed.size() == 3; };
  Generation generation({5}, 1, 10, 100);
  EXPECT_FALSE(generation.run(session, stop));
  EXPECT_EQ(session.fed.size(), 3u);
  EXPECT_EQ(generation.steps_ns().size(), 2u);
  EXPECT_GT(generation.ttft_ns(), 0);
}

TEST(Generation, RunsAgainTheSameWay) {
  CountingSession session(1);
  Generation generation({5, 9}, 1, 4, 100);
  ASSERT_TRUE(generation.run(session, kGoOn));
  const std::vector<std::int32_t> first(generation.tokens().begin(), generation.tokens().end());
  ASSERT_TRUE(generation.run(session, kGoOn));
  EXPECT_TRUE(std::equal(first.begin(), first.end(), generation.tokens().begin()));
}

}  // namespace
}  // namespace ridgepoint

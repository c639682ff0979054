// Logits of every position: by one graph, by pieces and token by token they are the same.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "backends/graph_session.h"
#include "backends/null/null_session.h"
#include "backends/reference/reference_backend.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"

namespace ridgepoint {
namespace {

/// The reference; with `rows` off it says no to graphs with the logits of every row.
class ChoosyBackend : public ReferenceBackend {
 public:
  using ReferenceBackend::supports;
  [[nodiscard]] Support supports(const Graph& graph) const override {
    const bool every_row = has(graph, kLogitsOutput) && !has(graph, kNextOutput);
    return every_row && !rows ? Support::no("one row only") : Support::yes();
  }
  static bool has(const Graph& graph, std::string_view name) {
    try {
      static_cast<void>(graph.find(name));
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  bool rows = true;
};

class Scoring : public ::testing::Test {
 protected:
  static constexpr std::int64_t kBatch = 2, kTokens = 11;

  Scoring() : tokens_(kBatch * kTokens) {
    std::mt19937 random(7);
    for (auto& token : tokens_) token = static_cast<std::int32_t>(random() % 97);
  }

  [[nodiscard]] std::vector<float> scored(Session& session) const {
    std::vector<float> logits(tokens_.size() * 97);
    session.score(tokens_, logits);
    return logits;
  }

  static void expect_near(const std::vector<float>& a, const std::vector<float>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4) << i;
  }

  ChoosyBackend backend_;
  Model model_ =
      load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama/model.gguf");
  std::vector<std::int32_t> tokens_;
};

TEST_F(Scoring, GivesTheSameLogitsInOnePieceInSeveralAndTokenByToken) {
  GraphSession whole(backend_, model_, {.batch = kBatch, .capacity = 16});
  GraphSession pieces(backend_, model_, {.batch = kBatch, .capacity = 16, .prefill_rows = 8});
  GraphSession single(backend_, model_, {.batch = kBatch, .capacity = 16});
  const auto logits = scored(whole);
  expect_near(scored(pieces), logits);
  std::vector<float> by_token(logits.size());
  single.Session::score(tokens_, by_token);
  expect_near(by_token, logits);
  EXPECT_EQ(whole.length(), kTokens);
  EXPECT_EQ(single.length(), kTokens);
}

TEST_F(Scoring, FallsBackToSingleTokensWhereABackendKnowsTheLastRowOnly) {
  GraphSession able(backend_, model_, {.batch = kBatch, .capacity = 16});
  const auto logits = scored(able);
  backend_.rows = false;
  GraphSession unable(backend_, model_, {.batch = kBatch, .capacity = 16});
  expect_near(scored(unable), logits);
}

TEST_F(Scoring, LeavesTheSessionAsAForwardDoes) {
  GraphSession forwarded(backend_, model_, {.batch = kBatch, .capacity = 16});
  forwarded.forward(tokens_);
  GraphSession session(backend_, model_, {.batch = kBatch, .capacity = 16});
  static_cast<void>(scored(session));
  const auto ours = session.logits();
  const auto theirs = forwarded.logits();
  expect_near({ours.begin(), ours.end()}, {theirs.begin(), theirs.end()});
  EXPECT_EQ(std::vector(session.next_tokens().begin(), session.next_tokens().end()),
            std::vector(forwarded.next_tokens().begin(), forwarded.next_tokens().end()));
  const std::vector<std::int32_t> more = {3, 5};
  session.forward(more);
  forwarded.forward(more);
  const auto after = session.logits();
  const auto expected = forwarded.logits();
  expect_near({after.begin(), after.end()}, {expected.begin(), expected.end()});
}

TEST_F(Scoring, RefusesRoomThatDoesNotFitAndTokensThatCannotBe) {
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 4});
  std::vector<float> logits(97);
  EXPECT_THROW(session.score(std::vector<std::int32_t>{1, 2}, logits), std::logic_error);
  EXPECT_THROW(session.score(std::vector<std::int32_t>{97}, logits), Error);
  EXPECT_EQ(session.length(), 0);
}

TEST_F(Scoring, OfNothingIsZeros) {
  NullSession session(97, {.batch = kBatch, .capacity = 16}, 0);
  std::vector<float> logits(tokens_.size() * 97, 1);
  session.score(tokens_, logits);
  for (const float logit : logits) ASSERT_EQ(logit, 0);
  EXPECT_EQ(session.length(), kTokens);
}

}  // namespace
}  // namespace ridgepoint

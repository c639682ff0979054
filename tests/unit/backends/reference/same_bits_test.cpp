// What the reference backend promises besides being right: the same input gives the same bits,
// however the work is cut up.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "backends/reference/reference_backend.h"
#include "backends/session.h"
#include "golden_file.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"

namespace ridgepoint {
namespace {

class SameBits : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] std::unique_ptr<Session> open(SessionOptions options) const {
    options.capacity = 40;
    return backend_.open_session(model_, options);
  }
  /// `sequences` of `count` tokens each, the same for every sequence number.
  [[nodiscard]] std::vector<std::int32_t> tokens(std::int64_t first_sequence,
                                                 std::int64_t sequences, std::int64_t begin,
                                                 std::int64_t end) const {
    std::vector<std::int32_t> result;
    for (std::int64_t s = first_sequence; s < first_sequence + sequences; ++s) {
      for (std::int64_t t = begin; t < end; ++t) {
        result.push_back(
            static_cast<std::int32_t>((s * 31 + t * 17 + t * t) % model_.config.vocab));
      }
    }
    return result;
  }
  static std::vector<float> logits(Session& session) {
    const auto view = session.logits();
    return {view.begin(), view.end()};
  }
  /// Equal as bits, so that a NaN would not go unnoticed and -0 is not 0.
  static void expect_same(const std::vector<float>& left, const std::vector<float>& right) {
    ASSERT_EQ(left.size(), right.size());
    EXPECT_EQ(std::memcmp(left.data(), right.data(), left.size() * sizeof(float)), 0);
  }

  ReferenceBackend backend_;
  Model model_ = load_model(GoldenFile::folder() / "models" / GetParam());
};

TEST_P(SameBits, ForAnyNumberOfThreads) {
  std::vector<float> expected;
  for (const int threads : {1, 2, 3, 4, 7}) {
    const auto session = open({.batch = 2, .kv_type = Type::f16, .threads = threads});
    session->forward(tokens(0, 2, 0, 33));
    session->forward(tokens(0, 2, 33, 34));
    if (threads == 1) expected = logits(*session);
    expect_same(logits(*session), expected);
  }
}

TEST_P(SameBits, ForAPromptAtOnceInPiecesOrTokenByToken) {
  const auto whole = open({.batch = 2, .threads = 2});
  whole->forward(tokens(0, 2, 0, 37));
  const std::vector<float> expected = logits(*whole);
  for (const std::int64_t rows : {1, 3, 10, 25, 74}) {
    const auto pieces = open({.batch = 2, .threads = 2, .prefill_rows = rows});
    pieces->forward(tokens(0, 2, 0, 37));
    expect_same(logits(*pieces), expected);
  }
  const auto single = open({.batch = 2, .threads = 2});
  for (std::int64_t t = 0; t < 37; ++t) single->forward(tokens(0, 2, t, t + 1));
  expect_same(logits(*single), expected);
}

TEST_P(SameBits, ForASequenceAloneOrInABatch) {
  const auto batch = open({.batch = 3});
  batch->forward(tokens(0, 3, 0, 20));
  batch->forward(tokens(0, 3, 20, 21));
  const std::vector<float> all = logits(*batch);
  const auto vocabulary = static_cast<std::size_t>(model_.config.vocab);
  for (std::int64_t s = 0; s < 3; ++s) {
    const auto alone = open({.batch = 1});
    alone->forward(tokens(s, 1, 0, 20));
    alone->forward(tokens(s, 1, 20, 21));
    const auto begin = all.begin() + s * model_.config.vocab;
    expect_same(logits(*alone),
                std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(vocabulary)));
    EXPECT_EQ(alone->next_tokens()[0], batch->next_tokens()[static_cast<std::size_t>(s)]);
  }
}

TEST_P(SameBits, AfterTruncatingAndRepeating) {
  const auto session = open({.batch = 1, .threads = 2});
  session->forward(tokens(0, 1, 0, 12));
  session->forward(tokens(0, 1, 12, 30));
  const std::vector<float> expected = logits(*session);
  session->truncate(12);
  EXPECT_EQ(session->length(), 12);
  session->forward(tokens(5, 1, 12, 25));  // something else in between
  session->truncate(12);
  session->forward(tokens(0, 1, 12, 30));
  expect_same(logits(*session), expected);
  session->truncate(0);
  session->forward(tokens(0, 1, 0, 30));
  expect_same(logits(*session), expected);
}

TEST_P(SameBits, InEverySessionOfAModel) {
  std::vector<float> expected;
  for (int round = 0; round < 3; ++round) {
    const auto session = open({.batch = 1, .kv_type = Type::bf16});
    session->forward(tokens(0, 1, 0, 9));
    if (round == 0) expected = logits(*session);
    expect_same(logits(*session), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SameBits,
                         ::testing::Values("llama", "qwen2", "gpt2", "llama-blocks/model-q8_0.gguf",
                                           "llama-blocks/model-q4_0.gguf"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           for (char& letter : name) {
                             if (letter == '/' || letter == '-' || letter == '.') letter = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace ridgepoint

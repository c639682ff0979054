// Whole models against logits that Hugging Face transformers computed in float64; see
// tests/golden/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "golden_file.h"
#include "relative_error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/lower.h"

namespace ridgepoint {
namespace {

constexpr double kTolerance = 1e-5;

struct GoldenModel {
  std::string model;     // below tests/golden/models
  std::string expected;  // likewise
};

void PrintTo(const GoldenModel& golden, std::ostream* out) {
  *out << golden.model;
}

class GoldenModels : public ::testing::TestWithParam<GoldenModel> {
 protected:
  GoldenModels()
      : file_("models/" + GetParam().expected),
        model_(load_model(GoldenFile::folder() / "models" / GetParam().model)),
        logits_(file_.doubles("logits")),
        batch_(file_.shape("tokens")[0]),
        length_(file_.shape("tokens")[1]) {
    for (const std::int64_t token : file_.integers("tokens")) {
      tokens_.push_back(static_cast<std::int32_t>(token));
    }
  }

  [[nodiscard]] std::unique_ptr<Session> open_session(std::int64_t prefill_rows = 512) const {
    return backend_->open_session(model_, {.batch = batch_,
                                           .capacity = length_,
                                           .kv_type = Type::f32,
                                           .threads = 2,
                                           .prefill_rows = prefill_rows});
  }
  /// Expected logits of one position of every sequence, [batch, vocabulary].
  [[nodiscard]] std::vector<double> expected_at(std::int64_t position) const {
    const std::int64_t vocabulary = model_.config.vocab;
    std::vector<double> rows;
    for (std::int64_t s = 0; s < batch_; ++s) {
      const auto begin = logits_.begin() + (s * length_ + position) * vocabulary;
      rows.insert(rows.end(), begin, begin + vocabulary);
    }
    return rows;
  }
  /// The same positions of every sequence, [batch, end - begin].
  [[nodiscard]] std::vector<std::int32_t> tokens(std::int64_t begin, std::int64_t end) const {
    std::vector<std::int32_t> some;
    for (std::int64_t s = 0; s < batch_; ++s) {
      some.insert(some.end(), tokens_.begin() + s * length_ + begin,
                  tokens_.begin() + s * length_ + end);
    }
    return some;
  }
  void expect_close(std::span<const float> got, const std::vector<double>& expected) const {
    const RelativeError error = relative_error<double>(got, expected);
    EXPECT_LE(error.most, kTolerance);
    EXPECT_LE(error.norm, kTolerance);
  }

  std::unique_ptr<Backend> backend_ = open_backend("reference");
  GoldenFile file_;
  Model model_;
  std::vector<double> logits_;
  std::vector<std::int32_t> tokens_;
  std::int64_t batch_, length_;
};

TEST_P(GoldenModels, LogitsOfAllPositionsMatch) {
  const Graph graph = lower(model_, {.batch = batch_,
                                     .tokens = length_,
                                     .capacity = length_,
                                     .kv_type = Type::f32,
                                     .logits = LogitRows::all});
  const auto execution = backend_->prepare(graph, model_.weights,
                                           {.threads = 2, .cache = backend_->make_cache(graph)});
  execution->write_input(graph.find(kTokensInput), std::as_bytes(std::span(tokens_)));
  execution->run(0);
  execution->synchronise();
  std::vector<float> got(logits_.size());
  execution->read_output(graph.find(kLogitsOutput), std::as_writable_bytes(std::span(got)));
  expect_close(got, logits_);
  const RelativeError error = relative_error<double>(got, logits_);
  RecordProperty("relative_error_most", std::to_string(error.most));
}

TEST_P(GoldenModels, APromptAtOnceOrInPiecesMatches) {
  for (const std::int64_t rows : {512, 14, 1}) {
    const auto session = open_session(rows);
    session->forward(tokens_);
    expect_close(session->logits(), expected_at(length_ - 1));
  }
}

TEST_P(GoldenModels, DecodingTokenByTokenMatches) {
  const auto session = open_session();
  for (std::int64_t position = 0; position < length_; ++position) {
    session->forward(tokens(position, position + 1));
    expect_close(session->logits(), expected_at(position));
  }
}

TEST_P(GoldenModels, TheNextTokenIsTheLargestLogit) {
  const auto session = open_session();
  session->forward(tokens_);
  const std::vector<double> expected = expected_at(length_ - 1);
  for (std::int64_t s = 0; s < batch_; ++s) {
    const auto begin = expected.begin() + s * model_.config.vocab;
    EXPECT_EQ(session->next_tokens()[static_cast<std::size_t>(s)],
              std::max_element(begin, begin + model_.config.vocab) - begin);
  }
}

std::string test_name(const ::testing::TestParamInfo<GoldenModel>& info) {
  std::string name = info.param.model;
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, GoldenModels,
                         ::testing::Values(GoldenModel{"llama", "llama/expected.safetensors"},
                                           GoldenModel{"llama3", "llama3/expected.safetensors"},
                                           GoldenModel{"qwen2", "qwen2/expected.safetensors"},
                                           GoldenModel{"gpt2", "gpt2/expected.safetensors"},
                                           GoldenModel{"gpt2-f16", "gpt2-f16/expected.safetensors"},
                                           GoldenModel{"llama-blocks",
                                                       "llama-blocks/expected.safetensors"}),
                         test_name);
INSTANTIATE_TEST_SUITE_P(
    GgufFiles, GoldenModels,
    ::testing::Values(
        GoldenModel{"llama/model.gguf", "llama/expected.safetensors"},
        GoldenModel{"llama3/model.gguf", "llama3/expected.safetensors"},
        GoldenModel{"qwen2/model.gguf", "qwen2/expected.safetensors"},
        GoldenModel{"gpt2/model.gguf", "gpt2/expected.safetensors"},
        GoldenModel{"gpt2-f16/model.gguf", "gpt2-f16/expected.safetensors"},
        GoldenModel{"llama-blocks/model.gguf", "llama-blocks/expected.safetensors"},
        GoldenModel{"llama-blocks/model-q8_0.gguf", "llama-blocks/expected-q8_0.safetensors"},
        GoldenModel{"llama-blocks/model-q4_0.gguf", "llama-blocks/expected-q4_0.safetensors"}),
    test_name);

}  // namespace
}  // namespace ridgepoint

// Sessions through the C interface: the golden models' logits, the border's checks, and each way to
// misbehave that a process survives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/plugin/plugin_backend.h"
#include "backends/registry.h"
#include "backends/session.h"
#include "tests/plugin/plugin_paths.h"
#include "tests/support/error_of.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/safetensors_reader.h"
#include "workloads/graph/op_graph.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::plugin_path;

const std::string kGolden = std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/";

std::unique_ptr<Backend> example(std::string_view options = {}) {
  return open_plugin(plugin_path("example_engine"), options);
}

SessionOptions options_for(std::int64_t batch, Type kv_type = Type::f32) {
  SessionOptions options;
  options.batch = batch;
  options.capacity = 48;
  options.kv_type = kv_type;
  return options;
}

/// What another program computed in float64: tokens [batch, length], logits [batch, length, vocab].
struct Expected {
  std::int64_t batch = 0, length = 0, vocab = 0;
  std::vector<std::int32_t> tokens;
  std::vector<double> logits;

  [[nodiscard]] std::vector<std::int32_t> slice(std::int64_t first, std::int64_t count) const {
    std::vector<std::int32_t> result;
    for (std::int64_t s = 0; s < batch; ++s) {
      const auto start = tokens.begin() + s * length + first;
      result.insert(result.end(), start, start + count);
    }
    return result;
  }
  [[nodiscard]] double logit(std::int64_t sequence, std::int64_t position, std::int64_t i) const {
    return logits[static_cast<std::size_t>((sequence * length + position) * vocab + i)];
  }
};

template <typename Element>
std::vector<Element> elements(const SafetensorsTensor& tensor) {
  std::vector<Element> result(tensor.bytes.size() / sizeof(Element));
  std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
  return result;
}

Expected read_expected(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto parsed = SafetensorsFile::parse(std::as_bytes(std::span(text)), path);
  const SafetensorsTensor* tokens = parsed.find("tokens");
  const SafetensorsTensor* logits = parsed.find("logits");
  if (tokens == nullptr || logits == nullptr) throw Error(path + ": no tokens or logits");
  Expected expected;
  expected.batch = logits->shape[0];
  expected.length = logits->shape[1];
  expected.vocab = logits->shape[2];
  for (const std::int64_t token : elements<std::int64_t>(*tokens)) {
    expected.tokens.push_back(static_cast<std::int32_t>(token));
  }
  expected.logits = elements<double>(*logits);
  return expected;
}

/// Greatest difference over the greatest magnitude, of one position's logits over all sequences.
double relative_error(std::span<const float> actual, const Expected& expected,
                      std::int64_t position) {
  double difference = 0, magnitude = 0;
  for (std::int64_t s = 0; s < expected.batch; ++s) {
    for (std::int64_t i = 0; i < expected.vocab; ++i) {
      const double value = expected.logit(s, position, i);
      const double found = actual[static_cast<std::size_t>(s * expected.vocab + i)];
      difference = std::max(difference, std::abs(found - value));
      magnitude = std::max(magnitude, std::abs(value));
    }
  }
  return difference / magnitude;
}

struct GoldenModel {
  const char* model;     ///< file or folder under the golden models
  const char* expected;  ///< safetensors file beside them
};

class ExampleEngine : public ::testing::TestWithParam<GoldenModel> {};

TEST_P(ExampleEngine, AgreesWithTheGoldenLogitsInPrefillAndDecode) {
  const Model model = load_model(kGolden + GetParam().model);
  const Expected expected = read_expected(kGolden + GetParam().expected);
  const auto backend = example();
  const SessionOptions options = options_for(expected.batch);
  const Support support = backend->supports(model, options);
  ASSERT_TRUE(support.supported) << support.reason;
  const auto session = backend->open_session(model, options);

  session->forward(expected.slice(0, 30));
  EXPECT_LE(relative_error(session->logits(), expected, 29), 1e-5);
  for (std::int64_t position = 30; position < expected.length; ++position) {
    session->forward(expected.slice(position, 1));
    ASSERT_LE(relative_error(session->logits(), expected, position), 1e-5) << position;
  }
  EXPECT_EQ(session->length(), expected.length);

  session->truncate(10);
  session->forward(expected.slice(10, 15));
  EXPECT_LE(relative_error(session->logits(), expected, 24), 1e-5) << "after truncate";
}

INSTANTIATE_TEST_SUITE_P(
    Golden, ExampleEngine,
    ::testing::Values(GoldenModel{"llama/model.gguf", "llama/expected.safetensors"},
                      GoldenModel{"llama", "llama/expected.safetensors"},
                      GoldenModel{"llama3", "llama3/expected.safetensors"},
                      GoldenModel{"llama-blocks/model-q8_0.gguf",
                                  "llama-blocks/expected-q8_0.safetensors"},
                      GoldenModel{"qwen2/model.gguf", "qwen2/expected.safetensors"},
                      GoldenModel{"qwen2", "qwen2/expected.safetensors"}),
    [](const auto& instance) {
      std::string name = instance.param.model;
      std::ranges::replace_if(
          name, [](char c) { return std::isalnum(c) == 0; }, '_');
      return name;
    });

TEST(PluginSession, ComputesWhatTheReferenceComputesInEveryCacheType) {
  const Model model = load_model(kGolden + "llama/model.gguf");
  const Expected expected = read_expected(kGolden + "llama/expected.safetensors");
  const auto reference = open_backend("reference");
  const auto backend = example();
  for (const Type kv_type : {Type::f32, Type::f16, Type::bf16}) {
    const SessionOptions options = options_for(expected.batch, kv_type);
    const auto truth = reference->open_session(model, options);
    const auto session = backend->open_session(model, options);
    truth->forward(expected.slice(0, 20));
    session->forward(expected.slice(0, 20));
    for (std::int64_t position = 20; position < 30; ++position) {
      truth->forward(expected.slice(position, 1));
      session->forward(expected.slice(position, 1));
    }
    const std::span<const float> right = truth->logits();
    const std::span<const float> found = session->logits();
    ASSERT_EQ(found.size(), right.size());
    double difference = 0, magnitude = 0;
    for (std::size_t i = 0; i < right.size(); ++i) {
      difference = std::max(
          difference, std::abs(static_cast<double>(found[i]) - static_cast<double>(right[i])));
      magnitude = std::max(magnitude, std::abs(static_cast<double>(right[i])));
    }
    // A value that lies between two of the cache's may be stored as either.
    EXPECT_LE(difference / magnitude, kv_type == Type::f32 ? 1e-5 : 1e-2) << name_of(kv_type);
    EXPECT_TRUE(std::ranges::equal(session->next_tokens(), truth->next_tokens()));
  }
}

TEST(PluginSession, SaysThatTheInterfaceHasNoNumberForCachesOfEightBits) {
  const Model model = load_model(kGolden + "llama");
  const Support support = example()->supports(model, options_for(1, Type::e4m3));
  EXPECT_FALSE(support.supported);
  EXPECT_THAT(support.reason, ::testing::HasSubstr("KV in fp8"));
}

TEST(PluginSession, SaysThatItCannotBeTraced) {
  const Model model = load_model(kGolden + "llama");
  const auto backend = example();
  const auto session = backend->open_session(model, options_for(1));
  const Support traced = session->trace(nullptr);
  EXPECT_FALSE(traced.supported);
  EXPECT_EQ(traced.reason, "the plug-in ABI has no spans");
}

TEST(PluginSession, ReportsMemoryByClass) {
  const Model model = load_model(kGolden + "llama/model.gguf");
  const auto session = example()->open_session(model, options_for(3, Type::f16));
  const MemoryLedger memory = session->memory();
  EXPECT_EQ(memory.weights_bytes, model.weight_bytes());
  EXPECT_EQ(memory.kv_bytes, 3 * 48 * kv_bytes_per_token(model.config, Type::f16));
  EXPECT_GT(memory.activations_bytes, 0);
}

TEST(PluginSession, OutlivesItsBackend) {
  const Model model = load_model(kGolden + "llama/model.gguf");
  auto backend = example();
  const auto session = backend->open_session(model, options_for(1));
  backend.reset();
  session->forward(std::vector<std::int32_t>{1, 2, 3});
  EXPECT_EQ(session->length(), 3);
}

TEST(PluginSession, ChecksTokensAndCapacityBeforeTheEngineSeesThem) {
  const Model model = load_model(kGolden + "llama/model.gguf");
  const auto session = example()->open_session(model, options_for(2));
  const auto forward = [&](std::vector<std::int32_t> tokens) { session->forward(tokens); };
  EXPECT_THAT(error_of([&] {
                forward({0, 97});
              }),
              HasSubstr("token 97 is outside the vocabulary of 97"));
  EXPECT_THAT(error_of([&] { forward({-1, 0}); }), HasSubstr("token -1 is outside"));
  EXPECT_THAT(error_of([&] { forward(std::vector<std::int32_t>(2 * 49)); }),
              HasSubstr("49 tokens after 0: more than the session's capacity of 48"));
  EXPECT_THROW(forward({1, 2, 3}), Error);
  EXPECT_THROW(session->truncate(1), std::logic_error);
  EXPECT_EQ(session->length(), 0);
}

TEST(PluginSession, PassesOnWhyAModelIsNotSupported) {
  const auto backend = example();
  const Support gpt2 = backend->supports(load_model(kGolden + "gpt2/model.gguf"), options_for(1));
  EXPECT_FALSE(gpt2.supported);
  EXPECT_THAT(gpt2.reason, HasSubstr("runs llama and qwen2, not gpt2"));
  const Model blocks = load_model(kGolden + "llama-blocks/model-q4_0.gguf");
  EXPECT_THAT(backend->supports(blocks, options_for(1)).reason, HasSubstr("type 2 is none of"));
  const Model model = load_model(kGolden + "llama/model.gguf");
  EXPECT_EQ(example("mode=refuse")->supports(model, options_for(1)).reason,
            "the example engine was asked to refuse");
}

TEST(PluginSession, LeavesOperatorCasesToBuiltInBackends) {
  Case subject;
  subject.workload = "op";
  subject.op = "rms_norm";
  const Graph graph = lower_op(subject);
  const auto backend = example();
  EXPECT_THAT(backend->supports(graph).reason, HasSubstr("plug-ins execute whole models"));
  EXPECT_THAT(error_of([&] { static_cast<void>(backend->prepare(graph, {}, {})); }),
              HasSubstr("plug-ins execute whole models"));
}

class Misbehaviour : public ::testing::Test {
 protected:
  /// The logits after two forwards, the second of which misbehaves.
  std::vector<float> run(const std::string& mode) {
    session_ = example("mode=" + mode + ",after=1")->open_session(model_, options_for(1));
    session_->forward(std::vector<std::int32_t>{5, 6, 7});
    session_->forward(std::vector<std::int32_t>{8});
    const std::span<const float> logits = session_->logits();
    return {logits.begin(), logits.end()};
  }
  std::string error(const std::string& mode) {
    return error_of([&] { run(mode); });
  }

  const Model model_ = load_model(kGolden + "llama/model.gguf");
  std::unique_ptr<Session> session_;
};

TEST_F(Misbehaviour, FailuresNameTheLibraryTheFunctionAndTheReason) {
  EXPECT_THAT(error("error"), AllOf(HasSubstr("libexample_engine.so': forward: "),
                                    HasSubstr("the example engine was asked to fail")));
  EXPECT_EQ(session_->length(), 3) << "a forward that failed added nothing";
  EXPECT_THAT(error("silent_error"), HasSubstr("forward: status 1 without a reason"));
}

TEST_F(Misbehaviour, ARudeReasonBecomesOnePrintableLine) {
  const std::string line = error("rude_error");
  EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return c >= 0 && c < ' '; }));
  EXPECT_EQ(line.find('\xff'), std::string::npos) << "not UTF-8";
}

TEST_F(Misbehaviour, ATokenOutsideTheVocabularyIsAnError) {
  EXPECT_THAT(error("bad_token"), HasSubstr("chose token 97, outside the vocabulary of 97"));
}

TEST_F(Misbehaviour, OutOfMemoryIsToldApart) {
  EXPECT_THROW(run("oom"), std::bad_alloc);
  try {
    run("oom");
  } catch (const std::bad_alloc& error) {
    EXPECT_THAT(error.what(), HasSubstr("asked to run out of memory"));
  }
}

TEST_F(Misbehaviour, NoSessionAndNoErrorIsAnError) {
  EXPECT_THAT(error("no_session"), HasSubstr("returned no session and no error"));
}

TEST_F(Misbehaviour, WrongLogitsArriveAsTheyAre) {
  const std::vector<float> right = run("ok");
  const std::vector<float> wrong = run("wrong");
  const std::vector<float> none = run("nan");
  for (std::size_t i = 0; i < right.size(); ++i) {
    EXPECT_NEAR(wrong[i] / right[i], i % 2 == 0 ? 1.1 : 0.9, 1e-4);
    EXPECT_TRUE(std::isnan(none[i]));
  }
}

TEST_F(Misbehaviour, ASlowEngineGivesTheSameAnswer) {
  const std::vector<float> right = run("ok");
  EXPECT_EQ(run("slow"), right);
}

TEST(MinimalPlugin, NeedsNothingOptional) {
  const Model model = load_model(kGolden + "llama/model.gguf");
  const auto backend = open_plugin(plugin_path("faulty_minimal"), "");
  EXPECT_EQ(backend->describe().summary, "minimal");
  EXPECT_TRUE(backend->supports(model, options_for(2)).supported);
  const auto session = backend->open_session(model, options_for(2));
  session->forward(std::vector<std::int32_t>{1, 40, 3, 4});
  EXPECT_THAT(session->next_tokens(), ElementsAre(40, 41)) << "the lowest among equals";
  EXPECT_EQ(session->memory().weights_bytes, 0);
}

// Run by plugin_author.load, after the example was built against an installed Ridgepoint.
TEST(InstalledExample, DISABLED_GivesTheAnswersOfTheOneInTheTree) {
  const Model model = load_model(kGolden + "llama/model.gguf");
  const std::string folder = std::string(RIDGEPOINT_BINARY_DIR) + "/tests/plugin/author/build/";
  const auto own = example();
  const auto installed = open_plugin(folder + "libexample_engine.so", "");
  std::vector<std::vector<float>> answers;
  for (const Backend* backend : {installed.get(), own.get()}) {
    const auto session = backend->open_session(model, options_for(1));
    session->forward(std::vector<std::int32_t>{1, 2, 3, 4, 5});
    answers.emplace_back(session->logits().begin(), session->logits().end());
  }
  ASSERT_EQ(answers[0].size(), 97u);
  for (std::size_t i = 0; i < answers[0].size(); ++i) {
    EXPECT_NEAR(answers[0][i], answers[1][i], 1e-5);  // the compiler's options may differ
  }
  EXPECT_THAT(
      error_of([&] { static_cast<void>(open_plugin(folder + "libexample_engine_abi99.so", "")); }),
      HasSubstr("ABI version 99"));
}

}  // namespace
}  // namespace ridgepoint

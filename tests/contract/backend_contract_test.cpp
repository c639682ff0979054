// What every backend in the registry keeps to. A new backend is held to it by being registered.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "tests/support/registered_backend.h"
#include "tests/support/small_op_case.h"
#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/graph/op_graph.h"
#include "workloads/ops/operands.h"
#include "workloads/tensor/type.h"

namespace ridgepoint {
namespace {

/// How far from the reference a backend that computes may be, relative to the largest magnitude:
/// with quantised weights activations may be rounded to eight bits before each product.
constexpr double kTolerance = 2e-2;
constexpr double kQuantisedTolerance = 5e-2;

/// Of a graph that runs once, by value name.
std::map<std::string, std::vector<float>> outputs_of(const Backend& backend, const Graph& graph,
                                                     const PrepareOptions& options,
                                                     std::int64_t past) {
  const OpInputs inputs = op_inputs(graph, 1);
  const auto execution = backend.prepare(graph, inputs.weights, options);
  for (const auto& [id, bytes] : inputs.inputs) execution->write_input(id, bytes);
  execution->run(past);
  execution->synchronise();
  std::map<std::string, std::vector<float>> outputs;
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& each = graph.value(id);
    if (each.role != Role::output) continue;
    std::vector<std::byte> bytes(static_cast<std::size_t>(bytes_of(each)));
    execution->read_output(id, bytes);
    std::vector<float> numbers;
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      std::int32_t whole = 0;
      float number = 0;
      std::memcpy(&whole, bytes.data() + i, 4);
      std::memcpy(&number, bytes.data() + i, 4);
      numbers.push_back(each.type == Type::i32 ? static_cast<float>(whole) : number);
    }
    outputs[each.name] = numbers;
  }
  return outputs;
}

/// Outputs of an operator case.
std::map<std::string, std::vector<float>> outputs_of(const Backend& backend, const Case& value,
                                                     int threads) {
  const Graph graph = lower_op(value);
  PrepareOptions options{.threads = threads, .cache = backend.make_cache(graph)};
  const auto fill = lower_op_fill(value);
  OpInputs fill_inputs;
  if (fill) {
    fill_inputs = op_inputs(*fill, 2);
    const auto filling = backend.prepare(*fill, fill_inputs.weights, options);
    for (const auto& [id, bytes] : fill_inputs.inputs) filling->write_input(id, bytes);
    filling->run(0);
    filling->synchronise();
  }
  return outputs_of(backend, graph, options, past_of_op(value));
}

void expect_close(const std::vector<float>& got, const std::vector<float>& expected,
                  double tolerance = kTolerance) {
  ASSERT_EQ(got.size(), expected.size());
  float largest = 0;
  for (const float each : expected) largest = std::max(largest, std::abs(each));
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], tolerance * static_cast<double>(largest)) << i;
  }
}

class BackendContract : public RegisteredBackend {
 protected:
  static Model golden(const std::string& name) {
    return load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/" + name);
  }
  std::unique_ptr<Backend> reference_ = open_backend("reference");
};

/// y = x + W x, x read by nobody else.
Graph residual_of_its_own_input(Type type, std::int64_t rows) {
  constexpr std::int64_t kWidth = 256;
  Graph graph("residual of its own input", 1, rows, 0);
  const ValueId a = graph.add_value({"a", Role::input, Type::f32, {rows, kWidth}});
  const ValueId b = graph.add_value({"b", Role::input, Type::f32, {rows, kWidth}});
  const ValueId w = graph.add_value({"w", Role::weight, type, {kWidth, kWidth}});
  const ValueId x = graph.add_node("x", Add{}, {a, b});
  const ValueId y =
      graph.add_node("y", Add{}, {x, graph.add_node("product", MatrixProduct{}, {x, w})});
  graph.mark_output(graph.add_node("result", Add{}, {y, b}));
  return graph;
}

TEST_P(BackendContract, AddsAProductToItsOwnInput) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::q8_0}) {
    for (const std::int64_t rows : {1, 5, 40}) {
      const Graph graph = residual_of_its_own_input(type, rows);
      if (!backend_->supports(graph).supported) continue;
      SCOPED_TRACE(::testing::Message() << name_of(type) << ' ' << rows);
      const auto expected = outputs_of(*reference_, graph, {.threads = 1, .cache = nullptr}, 0);
      for (const int threads : {1, 2}) {
        const auto outputs =
            outputs_of(*backend_, graph, {.threads = threads, .cache = nullptr}, 0);
        expect_close(outputs.at("result"), expected.at("result"));
      }
    }
  }
}

TEST_P(BackendContract, DescribesItself) {
  const BackendDescription description = backend_->describe();
  EXPECT_EQ(description.name, GetParam());
  EXPECT_FALSE(description.version.empty());
  EXPECT_FALSE(description.summary.empty());
  EXPECT_EQ(description.summary.find('\n'), std::string::npos);
}

TEST_P(BackendContract, SaysWhyWhenItDoesNotSupportAnOperator) {
  int supported = 0;
  for (const std::string& op : op_names()) {
    const Support support = backend_->supports(lower_op(small_op_case(op, "f16")));
    supported += support.supported ? 1 : 0;
    EXPECT_NE(support.supported, !support.reason.empty()) << op;
    EXPECT_EQ(support.reason.find('\n'), std::string::npos) << op;
  }
  EXPECT_GT(supported, 0);
}

TEST_P(BackendContract, AgreesWithTheReferenceOnEveryOperatorItSupports) {
  for (const std::string& op : op_names()) {
    for (const TypeInfo& type : types()) {
      if (!type.weight) continue;
      Case value = small_op_case(op, "f16");
      value.type = type.name;
      // Whole blocks of any type.
      value.in = value.out = 256;
      if (!backend_->supports(lower_op(value)).supported) continue;
      SCOPED_TRACE(op + " " + value.type);
      const auto outputs = outputs_of(*backend_, value, 2);
      const auto expected = outputs_of(*reference_, value, 1);
      ASSERT_EQ(outputs.size(), expected.size());
      if (!backend_->computes()) continue;
      for (const auto& [name, numbers] : expected) expect_close(outputs.at(name), numbers);
    }
  }
}

TEST_P(BackendContract, GivesTheSameTwice) {
  for (const std::string& op : op_names()) {
    const Case value = small_op_case(op, "f16");
    if (!backend_->supports(lower_op(value)).supported) continue;
    EXPECT_EQ(outputs_of(*backend_, value, 2), outputs_of(*backend_, value, 2)) << op;
  }
}

TEST_P(BackendContract, TakesInputsAndOutputsOfTheirExactSizeOnly) {
  const Graph graph = lower_op(small_op_case("add", "f16"));
  if (!backend_->supports(graph).supported) GTEST_SKIP() << "does not support add";
  const auto execution = backend_->prepare(graph, {}, {.threads = 1, .cache = nullptr});
  const ValueId input = graph.find("input"), result = graph.find("result");
  std::vector<std::byte> bytes(static_cast<std::size_t>(bytes_of(graph.value(input))));
  EXPECT_NO_THROW(execution->write_input(input, bytes));
  EXPECT_NO_THROW(execution->read_output(result, bytes));
  EXPECT_THROW(execution->write_input(result, bytes), std::logic_error);
  EXPECT_THROW(execution->read_output(input, bytes), std::logic_error);
  bytes.pop_back();
  EXPECT_THROW(execution->write_input(input, bytes), std::logic_error);
  EXPECT_THROW(execution->read_output(result, bytes), std::logic_error);
}

TEST_P(BackendContract, AccountsForItsMemory) {
  const Model model = golden("llama");
  const SessionOptions options{.batch = 2, .capacity = 32};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  const auto session = backend_->open_session(model, options);
  session->forward(std::vector<std::int32_t>(2 * 9, 1));
  const MemoryLedger ledger = session->memory();
  for (const std::int64_t bytes :
       {ledger.weights_bytes, ledger.kv_bytes, ledger.activations_bytes, ledger.scratch_bytes}) {
    EXPECT_GE(bytes, 0);
  }
  if (backend_->computes()) {
    EXPECT_GE(ledger.weights_bytes, model.weight_bytes());
    EXPECT_GE(ledger.kv_bytes, 2 * 32 * kv_bytes_per_token(model.config, Type::f16));
  }
}

TEST_P(BackendContract, GivesTheSameLogitsHoweverItAllocatesAndSaysWhatIsAlive) {
  const Model model = golden("llama");
  SessionOptions options{.batch = 2, .capacity = 32};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  options.allocation = Allocation::plain;
  if (const Support support = backend_->supports(model, options); !support.supported) {
    EXPECT_FALSE(support.reason.empty());
    return;
  }
  std::vector<float> expected;
  std::int64_t before = 0;
  for (const Allocation allocation : {Allocation::arena, Allocation::pool, Allocation::plain}) {
    options.allocation = allocation;
    SCOPED_TRACE(allocation_names()[static_cast<std::size_t>(allocation)]);
    const auto session = backend_->open_session(model, options);
    session->forward(std::vector<std::int32_t>(2 * 9, 5));
    session->forward(std::vector<std::int32_t>(2, 7));
    const auto logits = session->logits();
    if (expected.empty()) expected.assign(logits.begin(), logits.end());
    EXPECT_TRUE(std::ranges::equal(logits, expected));
    const MemoryLedger ledger = session->memory();
    EXPECT_GT(ledger.activations_live_bytes, 0);
    EXPECT_LE(ledger.activations_live_bytes, ledger.activations_bytes);
    EXPECT_GE(ledger.activations_bytes, before) << "less than the thriftier way before it";
    before = ledger.activations_bytes;
  }
}

TEST_P(BackendContract, TakesAWishToRecordOrRefusesItWithAReason) {
  const Model model = golden("llama");
  SessionOptions options{.capacity = 16};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  for (const bool record : {true, false}) {
    options.record = record;
    const Support support = backend_->supports(model, options);
    EXPECT_EQ(support.supported, backend_->records());
    EXPECT_NE(support.supported, !support.reason.empty());
  }
}

TEST_P(BackendContract, KeepsSessionsInOrder) {
  for (const char* name : {"llama", "qwen2", "gpt2"}) {
    const Model model = golden(name);
    const SessionOptions options{.batch = 2, .capacity = 24, .kv_type = Type::f32};
    if (!backend_->supports(model, options).supported) continue;
    SCOPED_TRACE(name);
    const auto session = backend_->open_session(model, options);
    EXPECT_EQ(session->length(), 0);
    session->prepare(7);
    EXPECT_EQ(session->length(), 0);
    session->forward(std::vector<std::int32_t>(2 * 7, 3));
    EXPECT_EQ(session->length(), 7);
    session->forward(std::vector<std::int32_t>{1, 2});
    EXPECT_EQ(session->length(), 8);
    EXPECT_EQ(session->next_tokens().size(), 2U);
    EXPECT_EQ(session->logits().size(), static_cast<std::size_t>(2 * model.config.vocab));
    EXPECT_THROW(session->forward(std::vector<std::int32_t>(2 * 17, 3)), Error);
    EXPECT_THROW(session->forward(std::vector<std::int32_t>{-1, 0}), Error);
    EXPECT_THROW(session->forward(
                     std::vector<std::int32_t>{static_cast<std::int32_t>(model.config.vocab), 0}),
                 Error);
    EXPECT_EQ(session->length(), 8);
    session->truncate(2);
    EXPECT_EQ(session->length(), 2);
    session->forward(std::vector<std::int32_t>(2 * 22, 3));
    EXPECT_EQ(session->length(), 24);
  }
}

TEST_P(BackendContract, GivesTheSameLogitsAfterAPastThatIsAlikeAsAfterOneComputedForEach) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  const std::vector<std::int32_t> past{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8};
  for (const char* name : {"llama", "qwen2", "gpt2"}) {
    const Model model = golden(name);
    for (const Type kv : {Type::f32, Type::f16}) {
      const SessionOptions options{.batch = 3, .capacity = 40, .kv_type = kv, .prefill_rows = 24};
      if (!backend_->supports(model, options).supported) continue;
      SCOPED_TRACE(::testing::Message() << name << ", KV " << name_of(kv));
      const auto alike = backend_->open_session(model, options);
      const auto each = backend_->open_session(model, options);
      EXPECT_NE(alike->copies_past().supported, !alike->copies_past().reason.empty());
      // What it held before is no part of it.
      alike->forward(std::vector<std::int32_t>(3 * 33, 7));
      alike->fill_alike(past);
      std::vector<std::int32_t> computed;
      for (int s = 0; s < 3; ++s) computed.insert(computed.end(), past.begin(), past.end());
      each->forward(computed);
      EXPECT_EQ(alike->length(), each->length());
      // Its own tokens for each sequence from here on, one at a time, then more.
      std::vector<std::int32_t> tokens{11, 22, 33};
      for (int step = 0; step < 4; ++step) {
        const auto got = alike->logits(), want = each->logits();
        expect_close({got.begin(), got.end()}, {want.begin(), want.end()}, 2e-3);
        EXPECT_EQ(alike->next_tokens().size(), 3U);
        alike->forward(tokens);
        each->forward(tokens);
        if (step == 2) tokens = {1, 2, 3, 4, 5, 6};
      }
      EXPECT_EQ(alike->length(), each->length());
      // A shorter past keeps what is left of the copy.
      alike->truncate(10);
      each->truncate(10);
      alike->forward(tokens);
      each->forward(tokens);
      const auto got = alike->logits(), want = each->logits();
      expect_close({got.begin(), got.end()}, {want.begin(), want.end()}, 2e-3);
      EXPECT_THROW(alike->fill_alike(std::vector<std::int32_t>(41, 1)), Error);
      EXPECT_THROW(alike->fill_alike({}), Error);
    }
  }
}

TEST_P(BackendContract, ChoosesTheLargestLogit) {
  const Model model = golden("llama");
  const SessionOptions options{.batch = 3, .capacity = 24};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  const auto session = backend_->open_session(model, options);
  std::vector<std::int32_t> tokens{1, 2, 3, 40, 50, 60};
  for (int step = 0; step < 5; ++step) {
    session->forward(tokens);
    const std::vector<std::int32_t> next(session->next_tokens().begin(),
                                         session->next_tokens().end());
    const auto logits = session->logits();
    for (std::size_t s = 0; s < next.size(); ++s) {
      const auto row = logits.subspan(s * static_cast<std::size_t>(model.config.vocab),
                                      static_cast<std::size_t>(model.config.vocab));
      EXPECT_EQ(next[s], std::ranges::max_element(row) - row.begin());
    }
    tokens = next;
  }
}

TEST_P(BackendContract, AgreesWithTheReferenceOnModels) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  for (const char* name : {"llama", "llama3", "qwen2", "gpt2", "llama-blocks/model-q8_0.gguf",
                           "llama-blocks/model-q4_0.gguf"}) {
    const Model model = golden(name);
    const SessionOptions options{.batch = 2, .capacity = 24};
    if (!backend_->supports(model, options).supported) continue;
    SCOPED_TRACE(name);
    const auto session = backend_->open_session(model, options);
    const auto expected = reference_->open_session(model, options);
    std::vector<std::int32_t> tokens;
    for (std::int32_t i = 0; i < 2 * 15; ++i) tokens.push_back(i * 7 % 90);
    for (int step = 0; step < 4; ++step) {
      session->forward(tokens);
      expected->forward(tokens);
      const auto got = session->logits(), want = expected->logits();
      expect_close({got.begin(), got.end()}, {want.begin(), want.end()},
                   model.weight_type.starts_with('q') ? kQuantisedTolerance : kTolerance);
      // Both are fed the same, even where two logits are as good as equal.
      tokens.assign(expected->next_tokens().begin(), expected->next_tokens().end());
    }
  }
}

TEST_P(BackendContract, RefusesAModelOnlyWithAReason) {
  Model model = golden("gpt2");
  for (const std::int64_t capacity : {64, 65, 100000}) {
    const SessionOptions options{.batch = 1, .capacity = capacity};
    const Support support = backend_->supports(model, options);
    EXPECT_NE(support.supported, !support.reason.empty());
    if (support.supported) {
      EXPECT_NO_THROW(static_cast<void>(backend_->open_session(model, options)));
    } else {
      EXPECT_THROW(static_cast<void>(backend_->open_session(model, options)), Error);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, BackendContract, ::testing::ValuesIn(registered_backends()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace ridgepoint

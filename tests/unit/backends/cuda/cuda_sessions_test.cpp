// Models on the CUDA backend and an emulated GPU against the reference: weight types, batches,
// pieces of prompts, KV types, recorded and not, fused and not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/cuda/cuda_backend.h"
#include "backends/cuda/cuda_execution.h"
#include "backends/cuda/device_cache.h"
#include "backends/cuda/planner.h"
#include "backends/registry.h"
#include "backends/session.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/span_recorder.h"
#include "tests/support/error_of.h"
#include "tests/support/small_model.h"
#include "tests/unit/backends/cuda/emulated_gpu.h"
#include "workloads/formats/load_model.h"
#include "workloads/graph/fused_op_id.h"
#include "workloads/models/lower.h"

namespace ridgepoint {
namespace {

/// Hears which ops were launched, and says where spans come from.
class HearingListener : public SpanListener {
 public:
  explicit HearingListener(DeviceSpans wanted) : wanted_(wanted) {}
  void begin(std::uint32_t, std::uint32_t op) noexcept override {
    EXPECT_FALSE(open_);
    open_ = true;
    ops.push_back(op);
  }
  void end() noexcept override {
    EXPECT_TRUE(open_);
    open_ = false;
  }
  [[nodiscard]] DeviceSpans device_spans() const noexcept override { return wanted_; }
  std::vector<std::uint32_t> ops;

 private:
  DeviceSpans wanted_;
  bool open_ = false;
};

Model golden_model(const std::string& name) {
  return load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/" + name);
}

ModelConfig tiny_config() {
  return {.architecture = Architecture::llama,
          .name = "tiny",
          .layers = 1,
          .hidden = 256,
          .heads = 4,
          .kv_heads = 2,
          .head_dim = 64,
          .ffn = 256,
          .vocab = 97,
          .context = 128};
}

/// The largest difference of logits over the largest, over a prompt and two steps.
double off_by(Session& ours, Session& truth, std::int64_t batch, std::int64_t prompt) {
  std::vector<std::int32_t> tokens;
  for (std::int64_t i = 0; i < batch * prompt; ++i) {
    tokens.push_back(static_cast<std::int32_t>(i * 7 % 90));
  }
  double worst = 0;
  for (int step = 0; step < 3; ++step) {
    ours.forward(tokens);
    truth.forward(tokens);
    const auto got = ours.logits(), wanted = truth.logits();
    double largest = 0, off = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(wanted[i])));
      const double apart = std::abs(static_cast<double>(got[i]) - static_cast<double>(wanted[i]));
      off = std::isnan(apart) ? INFINITY : std::max(off, apart);
    }
    worst = std::max(worst, off / largest);
    tokens.assign(truth.next_tokens().begin(), truth.next_tokens().end());
  }
  return worst;
}

class CudaSessions : public ::testing::Test {
 protected:
  double off_by_for(const Backend& backend, const Model& model, const SessionOptions& options,
                    std::int64_t prompt) {
    const auto ours = backend.open_session(model, options);
    const auto truth = reference_->open_session(model, options);
    return off_by(*ours, *truth, options.batch, prompt);
  }
  std::unique_ptr<Backend> reference_ = open_backend("reference");
  CudaBackend cuda_{cuda::make_emulated_gpu()};
};

TEST_F(CudaSessions, OfEveryWeightTypeGiveTheReferencesLogits) {
  for (const TypeInfo& type : types()) {
    if (!type.weight) continue;
    const Model model = small_model(tiny_config(), type.type, 20261121);
    // Queries and softmax weights are f16 numbers on tensor cores.
    EXPECT_LE(off_by_for(cuda_, model, {.batch = 1, .capacity = 16}, 5),
              type.type == Type::f32 ? 5e-4 : 4e-2)
        << type.name;
  }
}

TEST_F(CudaSessions, OfEveryArchitectureGiveTheReferencesLogitsFusedAndNot) {
  for (const char* name : {"llama", "llama3", "qwen2", "gpt2"}) {
    const Model model = golden_model(name);
    for (const bool fuse : {true, false}) {
      const SessionOptions options{.batch = 2, .capacity = 24, .kv_type = Type::f32, .fuse = fuse};
      // Prompts of 14 rows go through 16-bit products where weights are stored so.
      EXPECT_LE(off_by_for(cuda_, model, options, 7), model.weight_type == "f32" ? 1e-4 : 1e-2)
          << name << " (" << model.weight_type << "), fuse " << fuse;
    }
  }
}

/// A key that lies between two numbers of 16 bits may go to the other one.
constexpr double kRoundedKv = 2e-3;

TEST_F(CudaSessions, CopyAPastThatIsAlikeToEverySequence) {
  const Model model = golden_model("llama");
  const SessionOptions options{.batch = 3, .capacity = 40, .kv_type = Type::f16};
  const std::vector<std::int32_t> past{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8};
  const auto ours = cuda_.open_session(model, options);
  const auto truth = reference_->open_session(model, options);
  ASSERT_TRUE(ours->copies_past().supported);
  ours->fill_alike(past);
  std::vector<std::int32_t> computed;
  for (int s = 0; s < 3; ++s) computed.insert(computed.end(), past.begin(), past.end());
  truth->forward(computed);
  EXPECT_LE(off_by(*ours, *truth, 3, 5), kRoundedKv);
}

TEST_F(CudaSessions, WorkThroughPromptsInPiecesAndManySequences) {
  const Model model = golden_model("llama");
  EXPECT_LE(
      off_by_for(cuda_, model, {.capacity = 90, .kv_type = Type::bf16, .prefill_rows = 16}, 80),
      kRoundedKv);
  EXPECT_LE(off_by_for(cuda_, model, {.batch = 17, .capacity = 8}, 1), kRoundedKv);
}

TEST_F(CudaSessions, WorkThroughPromptsInEightBitsWithinTheToleranceOfTheType) {
  ModelConfig config = tiny_config();
  config.architecture = Architecture::qwen2;  // with biases
  config.qkv_bias = true;
  // Bounds as in harness/run/tolerance.h.
  for (const auto& [type, bound] :
       {std::pair{Type::fp8, 1e-1}, std::pair{Type::q8_channel, 5e-2}}) {
    const Model model = small_model(config, type, 20261122);
    for (const bool fuse : {true, false}) {
      const auto products = std::make_shared<std::vector<cuda::Packing>>();
      const CudaBackend backend(cuda::make_emulated_gpu({.products = products}));
      EXPECT_LE(off_by_for(backend, model, {.capacity = 76, .fuse = fuse}, 70), bound)
          << name_of(type) << ", fuse " << fuse;
      // All but the last, of which one row is wanted: q, k, v, output, gate, up, down.
      EXPECT_EQ(products->size(), 7U);
    }
  }
}

TEST_F(CudaSessions, KeepKeysAndValuesInEightBits) {
  const Model model = golden_model("llama");
  const SessionOptions narrow{.batch = 2, .capacity = 24, .kv_type = Type::e4m3};
  SessionOptions wide = narrow;
  wide.kv_type = Type::f16;
  EXPECT_LE(off_by_for(cuda_, model, narrow, 9), 2e-2);
  EXPECT_EQ(2 * cuda_.open_session(model, narrow)->memory().kv_bytes,
            cuda_.open_session(model, wide)->memory().kv_bytes);
}

TEST_F(CudaSessions, RecordDecodeStepsOnlyAndNoneWhenAskedNotTo) {
  const Model model = golden_model("llama");
  for (const auto& [tokens, record, expected] :
       {std::tuple(1, std::optional<bool>(), true), std::tuple(1, std::optional(true), true),
        std::tuple(1, std::optional(false), false), std::tuple(5, std::optional(true), false)}) {
    const Graph graph = lower(model, {.batch = 1, .tokens = tokens, .capacity = 24});
    const auto execution =
        cuda_.prepare(graph, model.weights, {.cache = cuda_.make_cache(graph), .record = record});
    EXPECT_EQ(dynamic_cast<const cuda::CudaExecution&>(*execution).recorded(), expected) << tokens;
  }
}

TEST_F(CudaSessions, GiveTheSameRecordedAndNot) {
  const Model model = golden_model("llama-blocks/model-q8_0.gguf");
  SessionOptions options{.batch = 2, .capacity = 24};
  const auto recorded = cuda_.open_session(model, options);
  options.record = false;
  const auto direct = cuda_.open_session(model, options);
  EXPECT_EQ(off_by(*recorded, *direct, 2, 5), 0.0);
}

TEST_F(CudaSessions, PlayARecordedStepAtAnyPosition) {
  const Model model = golden_model("llama");
  const SessionOptions options{.capacity = 24};
  const auto session = cuda_.open_session(model, options);
  session->forward(std::vector<std::int32_t>{1, 2, 3, 4});
  session->forward(std::vector<std::int32_t>{5});
  const std::vector<float> once(session->logits().begin(), session->logits().end());
  session->truncate(0);
  session->forward(std::vector<std::int32_t>{9, 9});
  session->truncate(0);
  session->forward(std::vector<std::int32_t>{1, 2, 3, 4});
  session->forward(std::vector<std::int32_t>{5});
  EXPECT_TRUE(std::ranges::equal(once, session->logits()));
}

TEST_F(CudaSessions, FuseIntoFewerStagesThatNameAllTheirOps) {
  const Model model = golden_model("llama");
  std::vector<std::size_t> stages;
  for (const bool fuse : {false, true}) {
    const auto session = cuda_.open_session(model, {.capacity = 24, .fuse = fuse});
    SpanRecorder recorder(1000);
    ASSERT_TRUE(session->trace(&recorder).supported);
    const std::int64_t begin_ns = monotonic_ns();
    session->forward(std::vector<std::int32_t>{1});
    const std::int64_t end_ns = monotonic_ns();
    const auto spans = recorder.find_track(kOpsTrack)->spans();
    std::multiset<std::string> ops;
    for (const Span& span : spans) {
      EXPECT_GE(span.begin_ns, begin_ns);
      EXPECT_LE(span.end_ns, end_ns);
      const std::string& id = recorder.sources()[span.source].op_ids.at(span.op);
      for (const std::string& member : members_of(id)) ops.insert(member);
    }
    std::multiset<std::string> wanted;
    const Graph graph = lower(model, {.batch = 1, .tokens = 1, .capacity = 24});
    for (const Node& node : graph.nodes()) wanted.insert(node.op_id);
    EXPECT_EQ(ops, wanted);
    stages.push_back(spans.size());
  }
  // Of a layer's seventeen nodes eight stages are left: norm, products, heads, attention and its
  // output with the residual; norm, gate, down with the residual.
  EXPECT_EQ(stages[0] - stages[1], static_cast<std::size_t>(model.config.layers) * 9);
}

/// Launches of the stage that gates a feed-forward, of one step.
std::size_t launches_of_gate(Type type, std::int64_t tokens, bool library) {
  const auto arena = std::make_shared<cuda::Arena>(cuda::make_emulated_gpu({.many_rows = library}));
  cuda::WeightStore weights(arena);
  const Model model = small_model(tiny_config(), type, 3);
  const Graph graph = lower(model, {.batch = 1, .tokens = tokens, .capacity = 24});
  cuda::DeviceCache cache(graph, arena);
  const cuda::DevicePlan plan = cuda::plan_device(
      graph, model.weights, {.arena = arena, .weights = &weights, .cache = &cache});
  for (const cuda::Stage& stage : plan.stages) {
    if (std::holds_alternative<SiluGate>(graph.nodes()[stage.nodes.back()].op)) {
      return stage.launches.size();
    }
  }
  return 0;
}

TEST(CudaPlans, GateInTheProductsOwnLaunchWhereTheNextOneTakesFloats) {
  for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::fp8, Type::w4_g64}) {
    EXPECT_EQ(launches_of_gate(type, 1, true), 1U) << name_of(type);
  }
  // Gate and up, then the gate, which packs: its rows as codes, or for many rows as 16 bits.
  EXPECT_EQ(launches_of_gate(Type::q8_0, 1, true), 2U);
  EXPECT_EQ(launches_of_gate(Type::bf16, 9, true), 3U);
  // Rows by eights.
  EXPECT_EQ(launches_of_gate(Type::bf16, 17, false), 3U);
}

TEST_F(CudaSessions, CountTheirMemoryByClassAndGiveItBack) {
  const Model model = golden_model("llama");
  {
    const auto session = cuda_.open_session(model, {.batch = 2, .capacity = 32});
    session->forward(std::vector<std::int32_t>(8, 3));
    const MemoryLedger ledger = session->memory(), arena = cuda_.arena().ledger();
    EXPECT_GE(ledger.weights_bytes, model.weight_bytes());
    EXPECT_EQ(ledger.weights_bytes, arena.weights_bytes);
    EXPECT_EQ(ledger.kv_bytes, arena.kv_bytes);
    EXPECT_EQ(ledger.activations_bytes, arena.activations_bytes);
    EXPECT_GT(cuda_.arena().reserved_bytes(), ledger.weights_bytes + ledger.kv_bytes);
  }
  EXPECT_EQ(cuda_.arena().reserved_bytes(), 0);
}

TEST_F(CudaSessions, TakeManyRowsOfAPromptAtOnceAndFewerWhereTheDeviceHasNoRoom) {
  const Model model = small_model(tiny_config(), Type::f16, 1);
  cuda::EmulatedGpuOptions device{.chunk_bytes = 1 << 12};
  std::int64_t decode_bytes = 0, all_bytes = 0;
  const auto pieces = [&] {
    const CudaBackend backend(cuda::make_emulated_gpu(device));
    EXPECT_GE(backend.prefill_rows(), 4096);
    const auto session = backend.open_session(model, {.capacity = 1600});
    decode_bytes = backend.arena().reserved_bytes();
    session->prepare(1500);
    all_bytes = backend.arena().reserved_bytes();
    SpanRecorder recorder(4096);
    EXPECT_TRUE(session->trace(&recorder).supported);
    return recorder.sources().size() - 1;  // but decoding
  };
  EXPECT_EQ(pieces(), 1U);
  // Of what 1500 rows take there is some left: 512 twice and 476 go into it.
  device.memory_bytes =
      static_cast<std::size_t>(decode_bytes + (all_bytes - decode_bytes) * 8 / 10);
  EXPECT_EQ(pieces(), 2U) << "a piece without logits and one with them";
}

TEST_F(CudaSessions, SayThatTheDeviceIsFull) {
  const CudaBackend small(cuda::make_emulated_gpu({.memory_bytes = 100'000}));
  const Model model = golden_model("llama");
  EXPECT_THROW(static_cast<void>(small.open_session(model, {.capacity = 32})), std::bad_alloc);
}

TEST_F(CudaSessions, RefuseHeadsThatTheKernelsDoNotTake) {
  ModelConfig config = tiny_config();
  config.head_dim = 264;
  const Model model = small_model(config, Type::f32, 1);
  const Support support = cuda_.supports(model, {.capacity = 8});
  EXPECT_FALSE(support.supported);
  EXPECT_THAT(support.reason, ::testing::HasSubstr("264"));
}

TEST(CudaListeners, HearAnOpWhereItIsLaunchedOrRecordedAndNotWhereItIsPlayed) {
  const Model model = small_model(tiny_config(), Type::f16, 1);
  const CudaBackend backend(cuda::make_emulated_gpu());
  const std::vector<std::int32_t> token{5};
  const auto once = backend.open_session(model, {.capacity = 16});
  once->forward(token);
  const std::vector<float> wanted(once->logits().begin(), once->logits().end());
  for (const DeviceSpans spans :
       {DeviceSpans::by_execution, DeviceSpans::by_listener, DeviceSpans::none}) {
    const auto session = backend.open_session(model, {.capacity = 16});
    SpanRecorder recorder(256);
    HearingListener listener(spans);
    recorder.set_listener(&listener);
    ASSERT_TRUE(session->trace(&recorder).supported);
    const std::size_t stages = recorder.sources()[0].op_ids.size();
    const bool is_played = spans == DeviceSpans::by_listener;
    EXPECT_EQ(listener.ops.size(), is_played ? stages : 0U);
    session->forward(token);
    ASSERT_EQ(listener.ops.size(), stages);
    for (std::uint32_t op = 0; op < stages; ++op) EXPECT_EQ(listener.ops[op], op);
    EXPECT_TRUE(std::ranges::equal(session->logits(), wanted));
    const std::size_t announced = recorder.find_track(kOpsTrack)->spans().size();
    EXPECT_EQ(announced, spans == DeviceSpans::by_execution ? stages : 0U);
    // The listener goes, and the execution times its ops itself again.
    recorder.set_listener(nullptr);
    recorder.clear();
    session->forward(token);
    EXPECT_EQ(recorder.find_track(kOpsTrack)->spans().size(), stages);
    static_cast<void>(session->trace(nullptr));
  }
}

}  // namespace
}  // namespace ridgepoint

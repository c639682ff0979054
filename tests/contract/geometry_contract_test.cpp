// Every backend against the reference over what a user may ask for: weight types, batches, depths,
// threads, and models whose sizes no vector divides. The bounds are those of the check that each
// run makes (harness/run/tolerance.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/run/tolerance.h"
#include "tests/support/error_of.h"
#include "tests/support/registered_backend.h"
#include "tests/support/small_model.h"

namespace ridgepoint {
namespace {

constexpr std::uint64_t kSeed = 20261121;

/// Whole blocks of any type.
ModelConfig even_geometry() {
  return {.architecture = Architecture::llama,
          .name = "even",
          .layers = 1,
          .hidden = 256,
          .heads = 4,
          .kv_heads = 2,
          .head_dim = 64,
          .ffn = 512,
          .vocab = 300,
          .context = 1024};
}

std::vector<ModelConfig> odd_geometries() {
  ModelConfig heads_of_80 = even_geometry();
  heads_of_80.name = "heads of 80, one for keys and values";
  heads_of_80.hidden = 320;
  heads_of_80.kv_heads = 1;
  heads_of_80.head_dim = 80;
  heads_of_80.ffn = 416;
  heads_of_80.vocab = 261;
  ModelConfig narrow = even_geometry();
  narrow.name = "three heads of 20, a feed-forward of 101";
  narrow.hidden = 60;
  narrow.heads = narrow.kv_heads = 3;
  narrow.head_dim = 20;
  narrow.ffn = 101;
  narrow.vocab = 33;
  ModelConfig biased = narrow;
  biased.name = "the same with biases, tied";
  biased.architecture = Architecture::qwen2;
  biased.rope_pairing = RopePairing::halves;
  biased.qkv_bias = biased.tied_embeddings = true;
  ModelConfig learned = narrow;
  learned.name = "the same as GPT-2";
  learned.architecture = Architecture::gpt2;
  learned.qkv_bias = learned.tied_embeddings = true;
  return {heads_of_80, narrow, biased, learned};
}

struct Way {
  std::int64_t batch;
  std::int64_t prompt;
  int steps;
  int threads;
  std::int64_t prefill_rows;
  Type kv;
  bool fuse = true;
};

// Decode from nothing; a prompt; more sequences than a tile has rows; a depth that is reached in
// pieces; the widest batch; eight bits for keys and values; every node by itself.
constexpr Way kWays[] = {{1, 1, 3, 1, 512, Type::f32},        {2, 37, 2, 2, 512, Type::f16},
                         {17, 3, 1, 3, 512, Type::f16},       {1, 150, 2, 2, 64, Type::bf16},
                         {64, 1, 1, 5, 512, Type::f16},       {3, 20, 1, 2, 512, Type::e4m3},
                         {5, 40, 1, 3, 512, Type::f16, false}};

class Geometry : public RegisteredBackend {
 protected:
  /// Says whether the backend takes the model.
  bool agrees(const Model& model, const Way& way) {
    const SessionOptions options{.batch = way.batch,
                                 .capacity = way.prompt + way.steps,
                                 .kv_type = way.kv,
                                 .threads = way.threads,
                                 .prefill_rows = way.prefill_rows,
                                 .fuse = way.fuse};
    if (const auto support = backend_->supports(model, options); !support.supported) {
      EXPECT_FALSE(support.reason.empty());
      return false;
    }
    SCOPED_TRACE(::testing::Message()
                 << model.config.name << ", " << model.weight_type << ", batch " << way.batch
                 << ", prompt " << way.prompt << ", threads " << way.threads
                 << (way.fuse ? "" : ", not fused") << ", seed " << kSeed);
    const auto ours = backend_->open_session(model, options);
    const auto truth = reference_->open_session(model, options);
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < way.batch * way.prompt; ++i) {
      tokens.push_back(static_cast<std::int32_t>((i * 7 + 3) % model.config.vocab));
    }
    for (int step = 0; step <= way.steps; ++step) {
      ours->forward(tokens);
      truth->forward(tokens);
      const auto vocab = static_cast<std::size_t>(model.config.vocab);
      for (std::size_t s = 0; s < static_cast<std::size_t>(way.batch); ++s) {
        const auto difference = compare_rows(ours->logits().subspan(s * vocab, vocab),
                                             truth->logits().subspan(s * vocab, vocab));
        EXPECT_LE(difference.relative, tolerance_for(model, way.kv))
            << "step " << step << ", sequence " << s;
      }
      // Both are fed the same, even where two logits are as good as equal.
      tokens.assign(truth->next_tokens().begin(), truth->next_tokens().end());
    }
    return true;
  }

  std::unique_ptr<Backend> reference_ = open_backend("reference");
};

TEST_P(Geometry, OfAnyTypeBatchDepthAndNumberOfThreadsGivesTheReferencesLogits) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  int taken = 0;
  for (const TypeInfo& type : types()) {
    if (!type.weight) continue;
    const Model model = small_model(even_geometry(), type.type, kSeed);
    for (const Way& way : kWays) taken += agrees(model, way) ? 1 : 0;
  }
  EXPECT_GT(taken, 0);
}

TEST_P(Geometry, ThatNoVectorDividesGivesTheReferencesLogits) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  int taken = 0;
  for (const ModelConfig& config : odd_geometries()) {
    for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::q8_channel, Type::fp8}) {
      const Model model = small_model(config, type, kSeed);
      taken += agrees(model, kWays[1]) ? 1 : 0;
      taken += agrees(model, kWays[2]) ? 1 : 0;
      taken += agrees(model, kWays[5]) ? 1 : 0;
    }
  }
  EXPECT_GT(taken, 0);
}

// Past every length that an attention is worked through in, and where a few heads' context is cut
// in parts for the threads.
TEST_P(Geometry, GivesTheReferencesLogitsBehindALongPast) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  ModelConfig config = even_geometry();
  config.name = "small, for a long past";
  config.hidden = 64;
  config.heads = 2;
  config.kv_heads = 1;
  config.head_dim = 32;
  config.ffn = 64;
  config.vocab = 33;
  config.context = 2048;
  int taken = 0;
  for (const Type type : {Type::f32, Type::q8_0}) {
    const Model model = small_model(config, type, kSeed);
    for (const Type kv : {Type::f16, Type::e4m3}) {
      taken += agrees(model, {1, 1060, 2, 2, 512, kv}) ? 1 : 0;
    }
  }
  EXPECT_GT(taken, 0);
}

// Weights of a megabyte and more, which threads hand each other in pieces while one token is
// decoded.
TEST_P(Geometry, GivesTheReferencesLogitsWhereThreadsShareOutLargeWeights) {
  if (!backend_->computes()) GTEST_SKIP() << "computes nothing";
  ModelConfig config = even_geometry();
  config.name = "large matrices";
  config.ffn = 4096;
  config.vocab = 12'005;
  int taken = 0;
  for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::q8_0, Type::q4_0, Type::q4_k}) {
    const Model model = small_model(config, type, kSeed);
    taken += agrees(model, {1, 1, 2, 2, 512, Type::f16}) ? 1 : 0;
    taken += agrees(model, {1, 1, 2, 3, 512, Type::f16, false}) ? 1 : 0;
  }
  EXPECT_GT(taken, 0);
}

INSTANTIATE_TEST_SUITE_P(Registry, Geometry, ::testing::ValuesIn([] {
                           std::vector<std::string> names = registered_backends();
                           std::erase(names, "reference");
                           return names;
                         }()),
                         [](const auto& parameter) { return parameter.param; });

TEST(OddSizes, AreRefusedWhereTheFormatForbidsThem) {
  for (const Type type : {Type::q8_0, Type::q4_0, Type::q5_0, Type::q4_k, Type::q6_k}) {
    const std::string line = error_of([&] {
      static_cast<void>(small_model(odd_geometries().at(1), type, kSeed));
      return 0;
    });
    EXPECT_NE(line.find(name_of(type)), std::string::npos) << line;
    EXPECT_NE(line.find("60"), std::string::npos) << "names the length: " << line;
  }
}

}  // namespace
}  // namespace ridgepoint

// The memory ledger of the reference backend against sums made here.
#include <gtest/gtest.h>

#include <vector>

#include "backends/activation_plan.h"
#include "backends/graph_session.h"
#include "backends/reference/reference_backend.h"
#include "golden_file.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/lower.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

class ReferenceMemory : public ::testing::Test {
 protected:
  [[nodiscard]] Graph graph(std::int64_t tokens, LogitRows rows = LogitRows::last) const {
    return lower(
        model_,
        {.batch = 2, .tokens = tokens, .capacity = 32, .kv_type = Type::f16, .logits = rows});
  }
  static std::int64_t ends(const Graph& graph) {
    std::int64_t bytes = 0;
    for (const Value& value : graph.values()) {
      if (value.role == Role::input || value.role == Role::output) bytes += bytes_of(value);
    }
    return bytes;
  }

  ReferenceBackend backend_;
  Model model_ = load_model(GoldenFile::folder() / "models/llama");
};

TEST_F(ReferenceMemory, CountsWeightsCacheAndActivationsOfAnExecution) {
  const Graph decode = graph(1);
  const auto cache = backend_.make_cache(decode);
  EXPECT_EQ(cache->bytes(), 2 * 32 * kv_bytes_per_token(model_.config, Type::f16));
  const auto execution = backend_.prepare(decode, model_.weights, {.threads = 1, .cache = cache});
  const MemoryLedger ledger = execution->memory();
  EXPECT_EQ(ledger.weights_bytes, model_.weight_bytes());
  EXPECT_EQ(ledger.kv_bytes, cache->bytes());
  EXPECT_EQ(ledger.activations_bytes,
            ends(decode) + static_cast<std::int64_t>(plan_activations(decode).bytes));
  EXPECT_GT(ledger.scratch_bytes, 0);
}

TEST_F(ReferenceMemory, CountsSharedPlacesOnceInASession) {
  const auto session = backend_.open_session(
      model_, {.batch = 2, .capacity = 32, .kv_type = Type::f16, .threads = 2, .prefill_rows = 20});
  session->prepare(25);  // pieces of 10, 10 and 5
  const MemoryLedger ledger = session->memory();
  EXPECT_EQ(ledger.weights_bytes, model_.weight_bytes());
  EXPECT_EQ(ledger.kv_bytes, 2 * 32 * kv_bytes_per_token(model_.config, Type::f16));
  const Graph decode = graph(1), piece = graph(10, LogitRows::none), last = graph(5);
  EXPECT_EQ(ledger.activations_bytes, ends(decode) + ends(piece) + ends(last) +
                                          static_cast<std::int64_t>(plan_activations(piece).bytes));
}

TEST_F(ReferenceMemory, AsksForTheWeightsThatTheGraphNames) {
  const Graph decode = graph(1);
  const PrepareOptions options{.threads = 1, .cache = backend_.make_cache(decode)};
  WeightMap weights = model_.weights;
  weights.erase("blk.1.ffn_up.weight");
  EXPECT_THROW(static_cast<void>(backend_.prepare(decode, weights, options)), Error);
  weights = model_.weights;
  weights["blk.1.ffn_up.weight"].bytes = weights["blk.1.ffn_up.weight"].bytes.first(8);
  EXPECT_THROW(static_cast<void>(backend_.prepare(decode, weights, options)), Error);
}

TEST_F(ReferenceMemory, RefusesACacheOfAnotherLayout) {
  const Graph decode = graph(1);
  const auto other = backend_.make_cache(
      lower(model_, {.batch = 2, .tokens = 1, .capacity = 31, .kv_type = Type::f16}));
  EXPECT_THROW(
      static_cast<void>(backend_.prepare(decode, model_.weights, {.threads = 1, .cache = other})),
      std::logic_error);
  EXPECT_THROW(
      static_cast<void>(backend_.prepare(decode, model_.weights, {.threads = 1, .cache = nullptr})),
      std::logic_error);
}

}  // namespace
}  // namespace ridgepoint

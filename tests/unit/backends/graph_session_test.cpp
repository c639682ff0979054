#include "backends/graph_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <new>
#include <vector>

#include "backends/reference/reference_backend.h"
#include "profiler/span_recorder.h"
#include "tests/support/error_of.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Passes everything to the reference, and notes for which sizes executions were prepared.
class NotingBackend : public ReferenceBackend {
 public:
  using ReferenceBackend::supports;
  [[nodiscard]] Support supports(const Graph& graph) const override {
    return graph.tokens() > most_tokens ? Support::no("prompts are too long for it")
                                        : Support::yes();
  }
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph& graph, const WeightMap& weights,
                                                   const PrepareOptions& options) const override {
    if (graph.tokens() > most_prepared) throw std::bad_alloc();
    prepared.push_back(graph.tokens());
    if (silent) return std::make_unique<Silent>(waits);
    return ReferenceBackend::prepare(graph, weights, options);
  }
  /// An execution that announces nothing.
  class Silent : public Execution {
   public:
    explicit Silent(int& waits) : waits_(waits) {}
    void write_input(ValueId, std::span<const std::byte>) override {}
    void run(std::int64_t) override {}
    void synchronise() override { ++waits_; }
    void read_output(ValueId, std::span<std::byte>) const override {}
    [[nodiscard]] MemoryLedger memory() const override { return {}; }

   private:
    int& waits_;
  };
  [[nodiscard]] std::int64_t prefill_rows() const override { return rows; }
  std::int64_t most_tokens = 10'000, most_prepared = 10'000, rows = kPrefillRows;
  bool silent = false;
  mutable int waits = 0;
  mutable std::vector<std::int64_t> prepared;
};

class GraphSessions : public ::testing::Test {
 protected:
  static Model golden(const std::string& name) {
    return load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/" + name);
  }
  static std::vector<std::int32_t> zeros(std::size_t count) {
    return std::vector<std::int32_t>(count, 0);
  }
  NotingBackend backend_;
  Model model_ = golden("llama");
};

TEST_F(GraphSessions, PrepareDecodingWhenTheyOpenAndTheRestOnDemandOnce) {
  GraphSession session(backend_, model_, {.batch = 2, .capacity = 64, .prefill_rows = 20});
  EXPECT_THAT(backend_.prepared, ElementsAre(1));
  session.forward(zeros(2 * 23));  // 10, 10, 3
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 10, 3));
  session.forward(zeros(2 * 13));
  session.forward(zeros(2));
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 10, 3));
  session.forward(zeros(2 * 10));  // a last piece of 10 has logits, the ones before had none
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 10, 3, 10));
}

TEST_F(GraphSessions, TakeAsManyRowsAtOnceAsTheBackendLikes) {
  backend_.silent = true;
  backend_.rows = 2048;
  GraphSession session(backend_, model_, {.batch = 2, .capacity = 4096});
  session.forward(zeros(2 * 2600));  // 1024, 1024, 552
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 1024, 552));
}

TEST_F(GraphSessions, TakeFewerRowsWhereThereIsNoMemoryForThoseThatTheBackendLikes) {
  backend_.silent = true;
  backend_.rows = 4096;
  backend_.most_prepared = 600;
  GraphSession session(backend_, model_, {.batch = 2, .capacity = 4096});
  session.prepare(2600);  // 2048, 1024 and then 512 are tried, and 40 are left
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 512, 40));
  session.forward(zeros(2 * 2600));
  EXPECT_EQ(session.length(), 2600);
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 512, 40)) << "it stays so";
  // No fewer than any backend would take, nor than was asked for.
  backend_.most_prepared = 200;
  GraphSession tight(backend_, model_, {.batch = 2, .capacity = 4096});
  EXPECT_THROW(tight.forward(zeros(2 * 2600)), std::bad_alloc);
  EXPECT_EQ(tight.length(), 0);
  GraphSession asked(backend_, model_, {.batch = 1, .capacity = 4096, .prefill_rows = 1024});
  EXPECT_THROW(asked.forward(zeros(2600)), std::bad_alloc);
}

TEST_F(GraphSessions, WaitForTheLastPieceAloneUnlessSomebodyListens) {
  backend_.silent = true;
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 64, .prefill_rows = 16});
  session.forward(zeros(40));
  EXPECT_EQ(backend_.waits, 1);
}

TEST_F(GraphSessions, ComputeAPastThatIsAlikeForOneSequenceOnly) {
  GraphSession session(backend_, model_, {.batch = 4, .capacity = 64, .prefill_rows = 20});
  ASSERT_TRUE(session.copies_past().supported);
  session.fill_alike(zeros(45));
  // Of one sequence: its decode, then pieces of 20 tokens; of four they would have been of 5.
  EXPECT_THAT(backend_.prepared, ElementsAre(1, 1, 20, 5));
  EXPECT_EQ(session.length(), 45);
  session.forward(zeros(4));
  EXPECT_EQ(session.length(), 46);
}

TEST_F(GraphSessions, FindEverythingReadyAfterPrepare) {
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 64, .prefill_rows = 16});
  for (const std::int64_t tokens : {40, 16, 32, 1, 17}) {
    session.prepare(tokens);
    const std::size_t before = backend_.prepared.size();
    session.truncate(0);
    session.forward(zeros(static_cast<std::size_t>(tokens)));
    EXPECT_EQ(backend_.prepared.size(), before) << tokens;
  }
}

TEST_F(GraphSessions, RefuseMoreThanTheirCapacityAndStayAsTheyWere) {
  GraphSession session(backend_, model_, {.batch = 2, .capacity = 8, .prefill_rows = 4});
  session.forward(zeros(10));
  EXPECT_THAT(error_of([&] { session.forward(zeros(8)); }),
              AllOf(HasSubstr("4 tokens after 5"), HasSubstr("capacity of 8")));
  EXPECT_EQ(session.length(), 5);
  session.forward(zeros(6));
  EXPECT_EQ(session.length(), 8);
}

TEST_F(GraphSessions, RefuseTokensOutsideTheVocabulary) {
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 8});
  EXPECT_THAT(error_of([&] {
                session.forward(std::vector<std::int32_t>{96, 97});
              }),
              AllOf(HasSubstr("token 97"), HasSubstr("97 tokens")));
  EXPECT_THAT(error_of([&] { session.forward(std::vector<std::int32_t>{-1}); }),
              HasSubstr("token -1"));
  EXPECT_EQ(session.length(), 0);
}

TEST_F(GraphSessions, RefuseTokensThatTheSequencesCannotShare) {
  GraphSession session(backend_, model_, {.batch = 3, .capacity = 8});
  EXPECT_THAT(error_of([&] { session.forward(zeros(4)); }), HasSubstr("3 sequences"));
  EXPECT_THAT(error_of([&] { session.forward({}); }), HasSubstr("0 tokens"));
}

TEST_F(GraphSessions, RefuseToGrowByTruncating) {
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 8});
  session.forward(zeros(3));
  EXPECT_THROW(session.truncate(4), Error);
  EXPECT_THROW(session.truncate(-1), Error);
  session.truncate(3);
  EXPECT_EQ(session.length(), 3);
}

TEST_F(GraphSessions, HaveNoLogitsBeforeAnyForward) {
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 8});
  EXPECT_THROW(static_cast<void>(session.logits()), std::logic_error);
}

TEST_F(GraphSessions, NeedOptionsThatCanBe) {
  for (const SessionOptions& options :
       {SessionOptions{.batch = 0, .capacity = 8}, SessionOptions{.batch = 1, .capacity = 0},
        SessionOptions{.capacity = 8, .threads = 0},
        SessionOptions{.capacity = 8, .prefill_rows = 0}}) {
    EXPECT_THROW(GraphSession(backend_, model_, options), Error);
    EXPECT_THROW(static_cast<void>(backend_.supports(model_, options)), Error);
  }
}

TEST_F(GraphSessions, AreRefusedForTheBackendsOrTheModelsReason) {
  EXPECT_TRUE(backend_.supports(model_, {.batch = 1, .capacity = 8}).supported);
  backend_.most_tokens = 16;
  const Support long_prompt = backend_.supports(model_, {.batch = 1, .capacity = 100});
  EXPECT_FALSE(long_prompt.supported);
  EXPECT_EQ(long_prompt.reason, "prompts are too long for it");
  backend_.most_tokens = 0;
  EXPECT_THAT(error_of([&] { GraphSession(backend_, model_, {.batch = 1, .capacity = 8}); }),
              HasSubstr("prompts are too long for it"));

  const Model gpt2 = golden("gpt2");
  backend_.most_tokens = 10'000;
  EXPECT_TRUE(backend_.supports(gpt2, {.batch = 1, .capacity = 64}).supported);
  const Support beyond = backend_.supports(gpt2, {.batch = 1, .capacity = 65});
  EXPECT_FALSE(beyond.supported);
  EXPECT_THAT(beyond.reason, HasSubstr("64 positions"));
}

TEST_F(GraphSessions, TraceExecutionsThatArePreparedLater) {
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 64, .prefill_rows = 8});
  SpanRecorder recorder(10'000);
  ASSERT_TRUE(session.trace(&recorder).supported);
  EXPECT_EQ(recorder.sources().size(), 1U) << "decoding";
  session.forward(zeros(13));
  EXPECT_EQ(recorder.sources().size(), 3U) << "pieces of 8 and 5, too";
  EXPECT_FALSE(recorder.find_track(kOpsTrack)->spans().empty());
  ASSERT_TRUE(session.trace(nullptr).supported);
  recorder.clear();
  session.forward(zeros(3));
  EXPECT_EQ(recorder.sources().size(), 3U);
  EXPECT_TRUE(recorder.find_track(kOpsTrack)->spans().empty());
}

TEST_F(GraphSessions, CannotBeTracedWhenTheirExecutionsCannot) {
  backend_.silent = true;
  GraphSession session(backend_, model_, {.batch = 1, .capacity = 8});
  SpanRecorder recorder(10);
  const Support traced = session.trace(&recorder);
  EXPECT_FALSE(traced.supported);
  EXPECT_THAT(traced.reason, HasSubstr("announces no ops"));
}

}  // namespace
}  // namespace ridgepoint

#include "backends/null/null_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "backends/session.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/span_recorder.h"
#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/graph/op_graph.h"

namespace ridgepoint {
namespace {

Model model_of(std::int64_t vocabulary) {
  Model model;
  model.config.vocab = vocabulary;
  model.source = "test";
  return model;
}

TEST(NullBackend, SpinsForItsLatency) {
  const auto backend = open_null_backend("latency_ns=2000000");
  Case value;
  value.op = "add";
  const Graph graph = lower_op(value);
  const auto execution = backend->prepare(graph, {}, {});
  const std::int64_t begin = monotonic_ns();
  execution->run(0);
  execution->synchronise();
  EXPECT_GE(monotonic_ns() - begin, 2'000'000);
  const auto session = backend->open_session(model_of(10), {.batch = 1, .capacity = 4});
  const std::int64_t before = monotonic_ns();
  session->forward(std::vector<std::int32_t>{1, 2});
  EXPECT_GE(monotonic_ns() - before, 2'000'000);
}

TEST(NullBackend, ComputesNothing) {
  const auto backend = open_null_backend("");
  EXPECT_FALSE(backend->computes());
  const auto session = backend->open_session(model_of(7), {.batch = 2, .capacity = 9});
  session->forward(std::vector<std::int32_t>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(session->length(), 3);
  ASSERT_EQ(session->next_tokens().size(), 2U);
  EXPECT_EQ(session->next_tokens()[1], 0);
  EXPECT_EQ(session->logits().size(), 14U);
  EXPECT_TRUE(std::ranges::all_of(session->logits(), [](float each) { return each == 0.0F; }));
}

TEST(NullBackend, ReadsZerosFromItsOutputs) {
  const auto backend = open_null_backend("");
  Case value;
  value.op = "gelu";
  value.rows = 3;
  value.in = 5;
  const Graph graph = lower_op(value);
  const auto execution = backend->prepare(graph, {}, {});
  std::vector<float> output(15, 1.0F);
  execution->read_output(graph.find("result"), std::as_writable_bytes(std::span(output)));
  EXPECT_EQ(output, std::vector<float>(15, 0.0F));
  EXPECT_THROW(execution->read_output(graph.find("result"),
                                      std::as_writable_bytes(std::span(output).first(14))),
               std::logic_error);
}

TEST(NullBackend, AnnouncesItsLatencyAsTheTimeOfTheFirstNode) {
  const auto backend = open_null_backend("latency_ns=2000000");
  Graph graph("two ops", 1, 1, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {1, 8}});
  graph.add_node("second", Gelu{}, {graph.add_node("first", Gelu{}, {input})});
  const auto execution = backend->prepare(graph, {}, {});
  SpanRecorder recorder(10);
  ASSERT_TRUE(execution->trace(&recorder).supported);
  execution->run(0);
  const auto spans = recorder.find_track(kOpsTrack)->spans();
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(recorder.sources()[0].op_ids, (std::vector<std::string>{"first", "second"}));
  EXPECT_GE(spans[0].end_ns - spans[0].begin_ns, 2'000'000);
}

TEST(NullBackend, HasNoOpsToAnnounceInASession) {
  const auto backend = open_null_backend("");
  const auto session = backend->open_session(model_of(7), {.batch = 1, .capacity = 9});
  SpanRecorder recorder(10);
  const Support traced = session->trace(&recorder);
  EXPECT_FALSE(traced.supported);
  EXPECT_EQ(traced.reason.find('\n'), std::string::npos);
  EXPECT_NE(traced.reason.find("no graph"), std::string::npos) << traced.reason;
}

TEST(NullBackend, RefusesSenselessOptions) {
  for (const char* options : {"latency_ns=-1", "latency_ns=", "latency_ns=1.5", "latency_ns=9e9",
                              "latency_ns=99999999999999999999", "latency=1", "latency_ns", "=3",
                              "latency_ns=1,latency_ns=2"}) {
    EXPECT_THROW(open_null_backend(options), Error) << options;
  }
}

}  // namespace
}  // namespace ridgepoint

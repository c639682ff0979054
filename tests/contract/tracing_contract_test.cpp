// What every backend in the registry keeps to when it is asked to announce what it does: it says
// why it cannot, or names exactly the ops of the graph that runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/span_recorder.h"
#include "tests/support/registered_backend.h"
#include "workloads/case.h"
#include "workloads/formats/load_model.h"
#include "workloads/graph/fused_op_id.h"
#include "workloads/graph/op_graph.h"
#include "workloads/models/lower.h"

namespace ridgepoint {
namespace {

std::vector<std::string> op_ids_of(const Graph& graph) {
  std::vector<std::string> ids;
  for (const Node& node : graph.nodes()) ids.push_back(node.op_id);
  return ids;
}

std::vector<std::string> announced(const SpanRecorder& recorder) {
  std::vector<std::string> ids;
  const SpanTrack* track = recorder.find_track(kOpsTrack);
  if (track == nullptr) return ids;
  for (const Span& span : track->spans()) {
    ids.push_back(recorder.sources()[span.source].op_ids.at(span.op));
  }
  return ids;
}

/// One after the other within [begin, end], so that their sum is no more than the pass.
void expect_nested(const SpanRecorder& recorder, std::int64_t begin_ns, std::int64_t end_ns) {
  std::int64_t sum_ns = 0, last_ns = begin_ns;
  for (const Span& span : recorder.find_track(kOpsTrack)->spans()) {
    EXPECT_GE(span.begin_ns, last_ns);
    EXPECT_GE(span.end_ns, span.begin_ns);
    last_ns = span.end_ns;
    sum_ns += span.end_ns - span.begin_ns;
  }
  EXPECT_LE(last_ns, end_ns);
  EXPECT_LE(sum_ns, end_ns - begin_ns);
}

void expect_reason(const Support& refusal) {
  EXPECT_FALSE(refusal.reason.empty());
  EXPECT_EQ(refusal.reason.find('\n'), std::string::npos);
}

class TracingContract : public RegisteredBackend {};

TEST_P(TracingContract, AnExecutionAnnouncesTheOpsOfItsGraph) {
  Case value;
  value.workload = "op";
  value.op = "matrix_product";
  value.type = "f32";
  value.rows = 3;
  value.in = 64;
  value.out = 96;
  const Graph graph = lower_op(value);
  if (!backend_->supports(graph).supported) GTEST_SKIP() << "does not support matrix_product";
  const OpInputs inputs = op_inputs(graph, 1);
  const auto execution = backend_->prepare(graph, inputs.weights, {});
  for (const auto& [id, bytes] : inputs.inputs) execution->write_input(id, bytes);
  SpanRecorder recorder(100);
  if (const Support traced = execution->trace(&recorder); !traced.supported) {
    expect_reason(traced);
    return;
  }
  for (int pass = 0; pass < 3; ++pass) {
    recorder.clear();
    const std::int64_t begin_ns = monotonic_ns();
    execution->run(0);
    execution->synchronise();
    expect_nested(recorder, begin_ns, monotonic_ns());
    EXPECT_EQ(announced(recorder), op_ids_of(graph));
  }
  static_cast<void>(execution->trace(nullptr));
  recorder.clear();
  execution->run(0);
  execution->synchronise();
  EXPECT_TRUE(announced(recorder).empty()) << "nobody listens any more";
}

/// Each op of what was announced, fused ones as their members, sorted.
std::vector<std::string> members(const std::vector<std::string>& ids) {
  std::vector<std::string> all;
  for (const std::string& id : ids) {
    for (std::string& member : members_of(id)) all.push_back(std::move(member));
  }
  std::ranges::sort(all);
  return all;
}

class SessionTracing : public TracingContract {
 protected:
  void follow(bool fuse);
};

void SessionTracing::follow(bool fuse) {
  const Model model = load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama");
  const SessionOptions options{.batch = 2, .capacity = 24, .fuse = fuse};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  const auto session = backend_->open_session(model, options);
  SpanRecorder recorder(10'000);
  if (const Support traced = session->trace(&recorder); !traced.supported) {
    expect_reason(traced);
    return;
  }
  for (const std::int64_t tokens : {7, 1, 1}) {
    const std::vector<std::int32_t> fed(static_cast<std::size_t>(2 * tokens), 3);
    session->prepare(tokens);
    recorder.clear();
    const std::int64_t begin_ns = monotonic_ns();
    session->forward(fed);
    expect_nested(recorder, begin_ns, monotonic_ns());
    const auto ops = op_ids_of(lower(model, {.batch = 2, .tokens = tokens, .capacity = 24}));
    if (fuse) {
      EXPECT_EQ(members(announced(recorder)), members(ops));
    } else {
      EXPECT_EQ(announced(recorder), ops);
    }
  }
  static_cast<void>(session->trace(nullptr));
  recorder.clear();
  session->forward(std::vector<std::int32_t>(2, 3));
  EXPECT_TRUE(announced(recorder).empty());
}

TEST_P(SessionTracing, AnnouncesTheOpsOfPrefillAndOfDecoding) {
  follow(false);
}

TEST_P(SessionTracing, AnnouncesEachOpOnceAlsoWhereItFuses) {
  follow(true);
}

/// What each thread of a team announces.
class HeardOnThreads : public SpanListener, public WorkerListener {
 public:
  void begin(std::uint32_t, std::uint32_t) noexcept override {}
  void end() noexcept override {}
  [[nodiscard]] WorkerListener* workers() noexcept override { return this; }
  void next(int worker, std::uint32_t source, std::uint32_t op) noexcept override {
    ops.at(static_cast<std::size_t>(worker)).emplace_back(source, op);
  }
  void stop(int worker) noexcept override { ++stopped.at(static_cast<std::size_t>(worker)); }
  std::array<std::vector<std::pair<std::uint32_t, std::uint32_t>>, 2> ops;
  std::array<int, 2> stopped{};
};

TEST_P(TracingContract, AnnouncesTheSameOpsOnEachThreadOrOnOneAlone) {
  const Model model = load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama");
  const SessionOptions options{.batch = 2, .capacity = 24, .threads = 2};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  const auto session = backend_->open_session(model, options);
  SpanRecorder recorder(10'000);
  if (!session->trace(&recorder).supported) GTEST_SKIP() << "announces nothing";
  HeardOnThreads heard;
  recorder.set_listener(&heard);
  session->forward(std::vector<std::int32_t>(14, 3));
  session->forward(std::vector<std::int32_t>(2, 3));
  recorder.set_listener(nullptr);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> whole;
  for (const Span& span : recorder.find_track(kOpsTrack)->spans()) {
    whole.emplace_back(span.source, span.op);
  }
  if (heard.ops[0].empty() && heard.ops[1].empty()) GTEST_SKIP() << "on one thread alone";
  EXPECT_EQ(heard.ops[0], whole);
  EXPECT_EQ(heard.ops[1], whole);
  EXPECT_EQ(heard.stopped, (std::array<int, 2>{2, 2}));
}

TEST_P(TracingContract, GivesTheSameTokensWhenTraced) {
  const Model model = load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama");
  const SessionOptions options{.batch = 1, .capacity = 24};
  if (!backend_->supports(model, options).supported) GTEST_SKIP() << "does not support llama";
  SpanRecorder recorder(5);  // too little room for a pass: that changes nothing
  std::vector<std::vector<std::int32_t>> chosen(2);
  for (std::size_t traced : {0U, 1U}) {
    const auto session = backend_->open_session(model, options);
    if (traced == 1) static_cast<void>(session->trace(&recorder));
    std::vector<std::int32_t> tokens{1, 2, 3};
    for (int step = 0; step < 6; ++step) {
      session->forward(tokens);
      tokens.assign(session->next_tokens().begin(), session->next_tokens().end());
      chosen[traced].push_back(tokens.front());
    }
  }
  EXPECT_EQ(chosen[0], chosen[1]);
}

INSTANTIATE_TEST_SUITE_P(Registry, TracingContract, ::testing::ValuesIn(registered_backends()),
                         [](const auto& parameter) { return parameter.param; });
INSTANTIATE_TEST_SUITE_P(Registry, SessionTracing, ::testing::ValuesIn(registered_backends()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace ridgepoint

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "backends/graph_session.h"
#include "backends/reference/reference_backend.h"
#include "profiler/span_recorder.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/lower.h"

namespace ridgepoint {
namespace {

std::map<std::string, std::int64_t> times_by_op(const SpanRecorder& recorder) {
  std::map<std::string, std::int64_t> times;
  for (const Span& span : recorder.find_track(kOpsTrack)->spans()) {
    times[recorder.sources()[span.source].op_ids.at(span.op)] += span.end_ns - span.begin_ns;
  }
  return times;
}

TEST(ReferenceSpans, GiveTheLargeProductTheLargestShare) {
  Graph graph("two ops", 1, 16, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {16, 512}});
  const ValueId weight = graph.add_value({"weight", Role::weight, Type::f32, {1024, 512}});
  const ValueId product = graph.add_node("product", MatrixProduct{}, {input, weight});
  graph.mark_output(graph.add_node("sum", Add{}, {product, product}), "result");
  // A thousand times the work of the sum.
  ASSERT_GT(graph.work(graph.nodes()[0], 0).flops, 1000 * graph.work(graph.nodes()[1], 0).flops);
  const std::vector<float> numbers(1024 * 512, 0.5F);
  const WeightMap weights{{"weight", {Type::f32, {1024, 512}, std::as_bytes(std::span(numbers))}}};
  const auto execution = ReferenceBackend().prepare(graph, weights, {});
  SpanRecorder recorder(100);
  ASSERT_TRUE(execution->trace(&recorder).supported);
  for (int pass = 0; pass < 5; ++pass) execution->run(0);
  const auto times = times_by_op(recorder);
  ASSERT_EQ(times.size(), 2U);
  EXPECT_GT(times.at("product"), times.at("sum"));
}

TEST(ReferenceSpans, CoverEveryPieceOfALongPrompt) {
  const Model model = load_model(std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama");
  const ReferenceBackend backend;
  GraphSession session(backend, model, {.batch = 1, .capacity = 32, .prefill_rows = 8});
  SpanRecorder recorder(10'000);
  ASSERT_TRUE(session.trace(&recorder).supported);
  session.forward(std::vector<std::int32_t>(20, 1));  // 8, 8, 4
  int queries = 0, choices = 0;
  for (const Span& span : recorder.find_track(kOpsTrack)->spans()) {
    const std::string& op_id = recorder.sources()[span.source].op_ids.at(span.op);
    queries += op_id == "layer.0.attention.q" ? 1 : 0;
    choices += op_id == "output.next" ? 1 : 0;
  }
  EXPECT_EQ(queries, 3);
  EXPECT_EQ(choices, 1) << "only the last piece has logits";
}

}  // namespace
}  // namespace ridgepoint

#include "harness/run/op_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/op_family.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;

/// "first" and "second", as the phase "prefill" and as the phase "decode".
std::vector<CasePhase> two_phases() {
  Graph graph("two ops", 1, 1, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {1, 8}});
  graph.add_node("second", Add{}, {graph.add_node("first", Gelu{}, {input}), input});
  return {{"prefill", graph, 0}, {"decode", graph, 5}};
}

class Rows : public ::testing::Test {
 protected:
  void announce(std::uint32_t op, std::int64_t begin_ns, std::int64_t end_ns) {
    recorder.track(kOpsTrack).add({begin_ns, end_ns, source, op});
  }
  static const OpTime& find(const std::vector<OpTime>& rows, std::string_view phase,
                            std::string_view op_id) {
    for (const OpTime& row : rows) {
      if (row.phase == phase && row.op_id == op_id) return row;
    }
    throw std::out_of_range("no such row");
  }

  SpanRecorder recorder{100};
  std::uint32_t source = recorder.add_source({"two ops", {"first", "second"}});
  OpTimes op_times{two_phases(), true};
};

TEST_F(Rows, SayHowWellTheMedianIsKnown) {
  std::int64_t begin_ns = 0;
  for (const std::int64_t first_ns : {30, 10, 20}) {
    announce(0, begin_ns, begin_ns + first_ns);
    op_times.add_pass("decode", recorder, begin_ns, begin_ns + 100);
    begin_ns += 100;
  }
  const auto few = op_times.rows();
  EXPECT_EQ(find(few, "decode", "first").low_ns, 10) << "the range, below six passes";
  EXPECT_EQ(find(few, "decode", "first").high_ns, 30);
}

TEST(RowOfAProduct, HasItsBytesByClassAndItsTypeOfWeights) {
  Graph graph("product", 1, 1, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {1, 32}});
  const ValueId weight = graph.add_value({"weight", Role::weight, Type::q8_0, {4, 32}});
  graph.add_node("product", MatrixProduct{}, {input, weight});
  OpTimes op_times({{"run", graph, 0}}, true);
  SpanRecorder recorder(10);
  const auto source = recorder.add_source({"product", {"product"}});
  recorder.track(kOpsTrack).add({0, 5, source, 0});
  op_times.add_pass("run", recorder, 0, 10);
  const OpTime row = op_times.rows().front();
  EXPECT_EQ(row.weight_type, "q8_0");
  EXPECT_EQ(row.weight_bytes, 4 * 34);
  EXPECT_EQ(row.activation_bytes, 4 * 32 + 4 * 4);
  EXPECT_EQ(row.work_bytes, row.weight_bytes + row.activation_bytes);
}

TEST(RowOfAFusedOp, LeavesOutWhatStaysInside) {
  Graph graph("two ops", 1, 1, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {1, 8}});
  const ValueId first = graph.add_node("a.first", Gelu{}, {input});
  graph.mark_output(graph.add_node("a.second", Add{}, {first, input}));
  OpTimes op_times({{"run", graph, 0}}, true);
  SpanRecorder recorder(10);
  const auto source = recorder.add_source({"fused", {"a.{first,second}"}});
  recorder.track(kOpsTrack).add({0, 5, source, 0});
  op_times.add_pass("run", recorder, 0, 10);
  const auto rows = op_times.rows();
  ASSERT_EQ(rows.front().op_id, "a.{first,second}");
  EXPECT_EQ(rows.front().activation_bytes, 32 + 32) << "the input once, and the output";
}

TEST_F(Rows, AreMediansOverPassesAndNameTheRest) {
  // Three passes of 100, of which "first" takes 10, 20, 90 and "second" 5 each.
  std::int64_t begin_ns = 1000;
  for (const std::int64_t first_ns : {10, 20, 90}) {
    announce(0, begin_ns + 1, begin_ns + 1 + first_ns);
    announce(1, begin_ns + 1 + first_ns, begin_ns + 6 + first_ns);
    begin_ns += 100;
  }
  for (int pass = 0; pass < 3; ++pass) {
    op_times.add_pass("decode", recorder, 1000 + 100 * pass, 1100 + 100 * pass);
  }
  const auto rows = op_times.rows();
  ASSERT_EQ(rows.size(), 3u) << "nothing was announced in a prefill";
  EXPECT_EQ(rows[0].op_id, "first");
  EXPECT_EQ(rows[0].op, "gelu");
  EXPECT_EQ(rows[0].time_ns, 20);
  EXPECT_EQ(rows[0].passes, 3);
  EXPECT_EQ(rows[1].op_id, "second");
  EXPECT_EQ(rows[1].time_ns, 5);
  EXPECT_EQ(rows[2].op_id, "");
  EXPECT_EQ(rows[2].op, kNotAttributed);
  EXPECT_EQ(rows[2].time_ns, 75);
  EXPECT_EQ(rows[2].work_flops, 0);
  const auto phases = two_phases();
  EXPECT_EQ(rows[1].work_flops,
            static_cast<double>(phases[1].graph.work(phases[1].graph.nodes()[1], 5).flops));
  EXPECT_GT(rows[1].work_bytes, 0);
}

TEST_F(Rows, OfOnePassAddUpToIt) {
  announce(0, 3, 40);
  announce(1, 40, 95);
  op_times.add_pass("prefill", recorder, 0, 100);
  std::int64_t sum_ns = 0;
  for (const OpTime& row : op_times.rows()) sum_ns += row.time_ns;
  EXPECT_EQ(sum_ns, 100);
}

TEST_F(Rows, TellPhasesApartByTheTimeOfTheirPasses) {
  announce(0, 0, 10);
  announce(0, 20, 23);
  announce(0, 30, 33);
  op_times.add_pass("prefill", recorder, 0, 20);
  op_times.add_pass("decode", recorder, 20, 30);
  op_times.add_pass("decode", recorder, 30, 40);
  op_times.add_pass("no such phase", recorder, 0, 40);
  const auto rows = op_times.rows();
  EXPECT_EQ(find(rows, "prefill", "first").time_ns, 10);
  EXPECT_EQ(find(rows, "decode", "first").time_ns, 3);
  EXPECT_EQ(find(rows, "decode", "first").passes, 2);
}

TEST_F(Rows, SumAnOpOverThePiecesOfAPass) {
  const auto other = recorder.add_source({"last piece", {"second", "first"}});
  announce(0, 0, 10);
  announce(1, 10, 12);
  recorder.track(kOpsTrack).add({15, 22, other, 1});
  op_times.add_pass("prefill", recorder, 0, 30);
  EXPECT_EQ(find(op_times.rows(), "prefill", "first").time_ns, 17);
}

TEST_F(Rows, CountAnOpThatDidNotRunInAPassAsNothing) {
  announce(0, 0, 10);
  announce(1, 20, 24);
  for (const std::int64_t begin_ns : {0, 20, 40}) {
    op_times.add_pass("decode", recorder, begin_ns, begin_ns + 20);
  }
  const auto rows = op_times.rows();
  EXPECT_EQ(find(rows, "decode", "first").time_ns, 0);
  EXPECT_EQ(find(rows, "decode", "second").passes, 3);
}

TEST_F(Rows, KeepOpsThatTheGraphDoesNotKnow) {
  const auto fused = recorder.add_source({"fused", {"first+second"}});
  recorder.track(kOpsTrack).add({0, 9, fused, 0});
  op_times.add_pass("decode", recorder, 0, 10);
  const auto rows = op_times.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].op_id, "first+second");
  EXPECT_EQ(rows[0].op, "");
  EXPECT_EQ(rows[0].time_ns, 9);
  EXPECT_EQ(rows[0].work_flops, 0);
}

TEST_F(Rows, PassOverWhatWasCutOff) {
  SpanRecorder small(3);
  small.add_source({"two ops", {"first", "second"}});
  auto& track = small.track(kOpsTrack);
  for (const std::int64_t begin_ns : {0, 10, 20}) {
    track.add({begin_ns, begin_ns + 4, 0, 0});
    track.add({begin_ns + 4, begin_ns + 8, 0, 1});
  }
  for (const std::int64_t begin_ns : {0, 10, 20}) {
    op_times.add_pass("decode", small, begin_ns, begin_ns + 10);
  }
  const auto rows = op_times.rows();
  EXPECT_EQ(find(rows, "decode", "first").passes, 1) << "of the second there may be half only";
}

TEST_F(Rows, TellNoWorkOfABackendThatDoesNone) {
  OpTimes idle(two_phases(), false);
  announce(0, 0, 10);
  idle.add_pass("decode", recorder, 0, 10);
  EXPECT_EQ(idle.rows()[0].work_flops, 0);
  EXPECT_EQ(idle.rows()[0].work_bytes, 0);
}

TEST_F(Rows, AreNoneWhenNothingWasAnnounced) {
  op_times.add_pass("decode", recorder, 0, 10);
  EXPECT_TRUE(op_times.rows().empty());
  EXPECT_TRUE(OpTimes({}, true).rows().empty());
}

}  // namespace
}  // namespace ridgepoint

#include "results/compare/attribution.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/report/attribution_text.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::int64_t kMicro = 1000;

OpTime op(std::string id, std::int64_t us, double flops = 1e6, double bytes = 1e6) {
  return {"decode", std::move(id), "matrix_product", us * kMicro, 10, flops, bytes};
}

/// Four layers of attention and feed-forward, then the logits.
std::vector<OpTime> graph(std::int64_t down_us, double down_bytes = 1e6) {
  std::vector<OpTime> ops;
  for (int layer = 0; layer < 4; ++layer) {
    ops.push_back(op(fmt::format("layer.{}.attention.q", layer), 50));
    ops.push_back(op(fmt::format("layer.{}.ffn.up", layer), 100));
    ops.push_back(op(fmt::format("layer.{}.ffn.down", layer), down_us, 1e6, down_bytes));
  }
  ops.push_back(op("logits", 200));
  ops.push_back({"prefill", "logits", "matrix_product", 77 * kMicro, 10, 1e6, 1e6});
  return ops;
}

Record traced(std::vector<OpTime> ops) {
  Record record = example_record(example_run(), 0, example_case());
  record.measurement.op_times = std::move(ops);
  return record;
}

TEST(OpDifferences, PutLayersThatBehaveAlikeTogether) {
  const auto ops = op_differences(graph(100), graph(150), "decode");
  ASSERT_FALSE(ops.empty());
  EXPECT_EQ(ops.front().op_id, "layer.*.ffn.down");
  EXPECT_EQ(ops.front().ops, 4);
  EXPECT_EQ(ops.front().ops_alike, 4);
  EXPECT_DOUBLE_EQ(ops.front().difference_ns(), 200e3);
  EXPECT_DOUBLE_EQ(ops.front().a_bytes, 4e6);
}

TEST(OpDifferences, LeaveALayerOutThatBehavesOtherwise) {
  std::vector<OpTime> b = graph(110);
  for (OpTime& entry : b) {
    if (entry.op_id == "layer.2.ffn.down") entry.time_ns = 500 * kMicro;
  }
  const auto ops = op_differences(graph(100), b, "decode");
  EXPECT_EQ(ops.front().op_id, "layer.2.ffn.down");
  EXPECT_EQ(ops[1].op_id, "layer.*.ffn.down");
  EXPECT_EQ(ops[1].ops, 3);
  EXPECT_EQ(ops[1].ops_alike, 4);
}

TEST(OpDifferences, CountOpsOfOneSideWhole) {
  std::vector<OpTime> fused = graph(100);
  fused.push_back(op("fused", 30));
  const auto ops = op_differences(graph(100), fused, "decode");
  EXPECT_EQ(ops.front().op_id, "fused");
  EXPECT_DOUBLE_EQ(ops.front().difference_ns(), 30e3);
}

TEST(Attribution, SaysWhichOpsTheDifferenceComesFrom) {
  const Attribution attribution =
      attribute(traced(graph(100)), traced(graph(150, 1.9e6)), "tpot_ns", 1.5e6, 1.75e6);
  EXPECT_EQ(attribution.phase, "decode");
  EXPECT_TRUE(attribution.traced);
  EXPECT_DOUBLE_EQ(attribution.difference_ns, 250e3);
  EXPECT_DOUBLE_EQ(attribution.attributed_ns, 200e3);
  EXPECT_DOUBLE_EQ(attribution.unattributed_ns(), 50e3);
  EXPECT_THAT(
      explain(attribution),
      ElementsAre("+200 us of +250 us a decode pass come from layer.*.ffn.down (same FLOPs, "
                  "1.9x bytes)",
                  "+50.0 us of +250 us (20 %) lie in no op"));
}

TEST(Attribution, SumsThePartsOfALayerLargestFirst) {
  std::vector<OpTime> b = graph(150);
  for (OpTime& entry : b) {
    if (entry.op_id.ends_with("ffn.up")) entry.time_ns += 10 * kMicro;
    if (entry.op_id.ends_with("attention.q")) entry.time_ns += 20 * kMicro;
  }
  const auto lines = explain(attribute(traced(graph(100)), traced(b), "tpot_ns", 1.5e6, 1.82e6));
  EXPECT_THAT(lines[0],
              StartsWith("+240 us of +320 us a decode pass come from layer.*.ffn (+200 us "
                         "layer.*.ffn.down: same FLOPs, same bytes)"));
  EXPECT_THAT(lines[1], StartsWith("+80.0 us from layer.*.attention.q"));
  EXPECT_THAT(lines[2], HasSubstr("(0 %) lie in no op"));
}

TEST(Attribution, TurnsRatesIntoTheTimeOfAPass) {
  Record record = traced({});
  record.subject.batch = 4;
  const Attribution attribution = attribute(record, record, "decode_tokens_per_second", 400, 200);
  EXPECT_DOUBLE_EQ(attribution.difference_ns, 10e6) << "from 10 ms to 20 ms a step";
}

TEST(OpDifferences, AreOfOpsOnly) {
  std::vector<OpTime> a = graph(100), b = graph(100);
  a.push_back({"decode", "", "(not attributed)", 10 * kMicro, 10});
  b.push_back({"decode", "", "(not attributed)", 900 * kMicro, 10});
  for (const OpDifference& difference : op_differences(a, b, "decode")) {
    EXPECT_NE(difference.op_id, "");
    EXPECT_EQ(difference.difference_ns(), 0);
  }
}

TEST(Attribution, SaysHowToGetOpTimesWhereThereAreNone) {
  Record a = traced({});
  Record b = traced({});
  a.measurement.metrics["decode_work_bytes"] = 1e6;
  b.measurement.metrics["decode_work_bytes"] = 1.9e6;
  a.measurement.metrics["decode_work_flops"] = b.measurement.metrics["decode_work_flops"] = 1e6;
  const auto lines = explain(attribute(a, b, "tpot_ns", 1e6, 2e6));
  EXPECT_THAT(lines.front(), "+1.00 ms a decode pass; the work itself: same FLOPs, 1.9x bytes");
  EXPECT_THAT(lines, Contains(HasSubstr("no times of single ops are stored")));
}

TEST(Attribution, NamesWhatElseChangedAroundTheCase) {
  Record a = traced({});
  Record b = traced({});
  a.details = R"({"conditions":{"before":{"clocks_khz":[3200000,3200000]},
    "delta":{"cpu_jiffies":{"steal":0,"total":1000},"process":{"major_faults":0}}}})";
  b.details = R"({"conditions":{"before":{"clocks_khz":[2600000,2600000]},
    "delta":{"cpu_jiffies":{"steal":50,"total":1000},"process":{"major_faults":5000}}}})";
  a.measurement.metrics = {{"load_ns", 1e6}, {"peak_rss_bytes", 1e8}};
  b.measurement.metrics = {{"load_ns", 3e6}, {"peak_rss_bytes", 2e8}};
  EXPECT_THAT(explain(attribute(a, b, "tpot_ns", 1e6, 2e6)),
              AllOf(Contains("clock: 3.20 GHz in A, 2.60 GHz in B (-18.8 %)"),
                    Contains("time stolen by the host: 0.0 % in A, 5.0 % in B"),
                    Contains("load: 1.00 ms in A, 3.00 ms in B (+200.0 %)"),
                    Contains("peak RSS: 100 MB in A, 200 MB in B (+100.0 %)"),
                    Contains("major page faults: 0 in A, 5000 in B")));
  b.details = a.details;
  b.measurement.metrics = a.measurement.metrics;
  EXPECT_THAT(explain(attribute(a, b, "tpot_ns", 1e6, 2e6)), Not(Contains(HasSubstr("clock"))));
}

TEST(Attribution, StandsDetailsOfAnyKind) {
  Record a = traced({});
  Record b = traced({});
  for (const char* details : {"", "no JSON", "[]", R"({"conditions":7})",
                              R"({"conditions":{"before":{"clocks_khz":"x"},"delta":[]}})"}) {
    a.details = b.details = details;
    EXPECT_FALSE(explain(attribute(a, b, "run_ns", 1, 2)).empty()) << details;
  }
}

}  // namespace
}  // namespace ridgepoint

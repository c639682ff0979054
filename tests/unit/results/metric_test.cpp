#include "results/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

std::map<std::string, double> derived(const Case& subject, std::vector<Series> series,
                                      std::map<std::string, double> given = {}) {
  Measurement measurement{std::move(series), std::move(given)};
  derive_metrics(subject, measurement);
  return measurement.metrics;
}

TEST(Metrics, AreDeclaredOnceWithUnitHeadingAndDefinition) {
  std::set<std::string_view> names, headings;
  for (const MetricSpec& spec : metrics()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_FALSE(spec.unit.empty()) << spec.name;
    EXPECT_FALSE(spec.short_name.empty()) << spec.name;
    EXPECT_EQ(spec.definition.back(), '.') << spec.name;
    EXPECT_EQ(find_metric(spec.name), &spec);
    if (spec.unit == "ns") {
      EXPECT_TRUE(spec.name.ends_with("_ns")) << spec.name;
    }
    if (spec.unit == "bytes") {
      EXPECT_TRUE(spec.name.ends_with("_bytes")) << spec.name;
    }
  }
  EXPECT_EQ(find_metric("nope"), nullptr);
  EXPECT_EQ(unit_of_metric("counter:hits"), "1");
}

TEST(DerivedMetrics, OfACaseWithPromptAndGeneration) {
  Case subject = example_case(100, 5);
  subject.batch = 2;
  const auto figures =
      derived(subject, {{"ttft", "ns", {1'000'000'000, 2'000'000'000, 4'000'000'000}},
                        {"end_to_end", "ns", {2'000'000'000, 4'000'000'000, 8'000'000'000}},
                        {"load", "ns", {7, 9}},
                        {"inter_token", "ns", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}});
  EXPECT_DOUBLE_EQ(figures.at("ttft_ns"), 2e9);
  EXPECT_DOUBLE_EQ(figures.at("end_to_end_ns"), 4e9);
  EXPECT_DOUBLE_EQ(figures.at("load_ns"), 8);
  EXPECT_DOUBLE_EQ(figures.at("prefill_tokens_per_second"), 2 * 100 / 2.0);
  EXPECT_DOUBLE_EQ(figures.at("tpot_ns"), 2e9 / 4);
  EXPECT_DOUBLE_EQ(figures.at("decode_tokens_per_second"), 2 * 4 / 2.0);
  EXPECT_DOUBLE_EQ(figures.at("output_tokens_per_second"), 2 * 5 / 4.0);
  EXPECT_DOUBLE_EQ(figures.at("inter_token_ns"), 6.5);
  EXPECT_DOUBLE_EQ(figures.at("repetitions"), 3);
  EXPECT_FALSE(figures.contains("inter_token_p99_ns")) << "12 gaps support no p99";
  EXPECT_FALSE(figures.contains("run_ns"));
}

TEST(DerivedMetrics, RelateTheWorkOfAModelToItsTimes) {
  Case subject = example_case(100, 5);
  subject.batch = 2;
  const std::vector<Series> series = {{"ttft", "ns", {1'000'000'000, 2'000'000'000, 4'000'000'000}},
                                      {"end_to_end", "ns", {2'000'000'000, 4'000'000'000}}};
  const auto figures =
      derived(subject, series, {{"prefill_work_flops", 8e9}, {"decode_work_bytes", 3e9}});
  EXPECT_DOUBLE_EQ(figures.at("prefill_flops_per_second"), 4e9);
  // Four steps in 1 s and in 2 s: 4 and 2 steps/s, in the median 3.
  EXPECT_DOUBLE_EQ(figures.at("decode_bytes_per_second"), 9e9);
  EXPECT_FALSE(derived(subject, series).contains("prefill_flops_per_second"));
  EXPECT_FALSE(derived(subject, series).contains("decode_bytes_per_second"));
}

TEST(DerivedMetrics, TakeTheMedianOfRatesAndNotTheRateOfAMedian) {
  // Two repetitions: 10 and 30 tokens/s have the median 20, the median time would say 15.
  const auto figures =
      derived(example_case(30, 0), {{"ttft", "ns", {3'000'000'000, 1'000'000'000}}});
  EXPECT_DOUBLE_EQ(figures.at("prefill_tokens_per_second"), 20);
}

TEST(DerivedMetrics, OfAGenerateOnlyCase) {
  Case subject = example_case(0, 4);
  subject.batch = 3;
  const std::vector<std::int64_t> steps = {100, 100, 100, 100,  // 400 ns
                                           100, 200, 300, 200,  // 800 ns
                                           50,  50};  // stopped half-way: not a repetition
  const auto figures = derived(subject, {{"decode_step", "ns", steps}});
  EXPECT_DOUBLE_EQ(figures.at("decode_tokens_per_second"), (12 / 400e-9 + 12 / 800e-9) / 2);
  EXPECT_DOUBLE_EQ(figures.at("repetitions"), 2);
  EXPECT_DOUBLE_EQ(figures.at("inter_token_ns"), 100);
  EXPECT_FALSE(figures.contains("ttft_ns"));
  EXPECT_FALSE(figures.contains("tpot_ns"));
  EXPECT_FALSE(figures.contains("prefill_tokens_per_second"));
}

TEST(DerivedMetrics, LeaveTpotAbsentForASingleToken) {
  const auto figures =
      derived(example_case(8, 1), {{"ttft", "ns", {100}}, {"end_to_end", "ns", {100}}});
  EXPECT_FALSE(figures.contains("tpot_ns"));
  EXPECT_FALSE(figures.contains("decode_tokens_per_second"));
  EXPECT_TRUE(figures.contains("prefill_tokens_per_second"));
  EXPECT_DOUBLE_EQ(figures.at("repetitions"), 1);
}

TEST(DerivedMetrics, PairOnlyCompleteRepetitions) {
  // Stopped in the third repetition: its first token is known, its end is not.
  const auto figures = derived(example_case(8, 3),
                               {{"ttft", "ns", {100, 100, 900}}, {"end_to_end", "ns", {300, 500}}});
  EXPECT_DOUBLE_EQ(figures.at("tpot_ns"), (100 + 200) / 2.0);
  EXPECT_DOUBLE_EQ(figures.at("ttft_ns"), 100);
  EXPECT_DOUBLE_EQ(figures.at("repetitions"), 2);
}

TEST(DerivedMetrics, NeverInventAndNeverGoNegative) {
  EXPECT_THAT(derived(example_case(8, 3), {}), IsEmpty());
  EXPECT_THAT(derived(operator_case(), {}), IsEmpty());
  EXPECT_THAT(derived(example_case(8, 3), {{"warm_up", "ns", {1, 2}}, {"ttft", "ns", {}}}),
              IsEmpty());
  const auto backwards =
      derived(example_case(8, 3), {{"ttft", "ns", {500}}, {"end_to_end", "ns", {400}}});
  EXPECT_FALSE(backwards.contains("tpot_ns"));
  EXPECT_FALSE(backwards.contains("decode_tokens_per_second"));
  const auto instant =
      derived(example_case(8, 3), {{"ttft", "ns", {0}}, {"end_to_end", "ns", {0}}});
  EXPECT_FALSE(instant.contains("prefill_tokens_per_second")) << "no infinite rates";
  EXPECT_FALSE(instant.contains("decode_tokens_per_second"));
}

TEST(DerivedMetrics, SupportPercentilesFromTheirCountOn) {
  Series gaps{"inter_token", "ns", {}};
  for (int i = 0; i < 299; ++i) gaps.samples.push_back(i);
  const auto figures = derived(example_case(8, 300), {gaps});
  EXPECT_DOUBLE_EQ(figures.at("inter_token_p99_ns"), 0.99 * 298);
  EXPECT_DOUBLE_EQ(figures.at("inter_token_p90_ns"), 0.90 * 298);
  gaps.samples.pop_back();
  EXPECT_FALSE(derived(example_case(8, 300), {gaps}).contains("inter_token_p99_ns"));
}

TEST(DerivedMetrics, OfAnOperatorUseTheWorkThatTheHarnessKnows) {
  const auto figures = derived(operator_case(), {{"run", "ns", {1000, 3000, 2000}}},
                               {{"work_flops", 4e6}, {"memory_kv_bytes", 5}});
  EXPECT_DOUBLE_EQ(figures.at("run_ns"), 2000);
  EXPECT_DOUBLE_EQ(figures.at("flops_per_second"), 2e12);
  EXPECT_FALSE(figures.contains("bytes_per_second")) << "no work_bytes, no bandwidth";
  EXPECT_DOUBLE_EQ(figures.at("memory_kv_bytes"), 5) << "the harness's figures stay";
  EXPECT_DOUBLE_EQ(figures.at("repetitions"), 3);
}

TEST(DerivedMetrics, HaveOnlyDeclaredNames) {
  const auto of_model = derived(example_case(8, 3), {{"ttft", "ns", {100}},
                                                     {"end_to_end", "ns", {300}},
                                                     {"load", "ns", {1}},
                                                     {"inter_token", "ns", {100, 100}}});
  const auto of_operator =
      derived(operator_case(), {{"run", "ns", {10}}}, {{"work_flops", 1}, {"work_bytes", 1}});
  for (const auto& figures : {of_model, of_operator}) {
    EXPECT_THAT(figures, Not(IsEmpty()));
    for (const auto& [name, value] : figures) EXPECT_NE(find_metric(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace ridgepoint

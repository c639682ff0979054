#include "results/lens/lens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "results/report/lens_table.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

LensFigure through(const Record& record, std::string_view lens, std::string_view name) {
  for (const LensFigure& figure : look_through(record, lens)) {
    if (figure.name == name) return figure;
  }
  ADD_FAILURE() << "no " << name;
  return {};
}

double value(const Record& record, std::string_view lens, std::string_view name) {
  const LensFigure figure = through(record, lens, name);
  EXPECT_TRUE(figure.value.has_value()) << name << ": " << figure.basis;
  return figure.value.value_or(-1);
}

std::string reason(const Record& record, std::string_view lens, std::string_view name) {
  const LensFigure figure = through(record, lens, name);
  EXPECT_FALSE(figure.value.has_value()) << name;
  return figure.basis;
}

/// Two repetitions of 4 tokens after a prompt of 100: first tokens after 10 and 30 ms, gaps of 1, 2
/// and 3 ms, then of 4, 5 and 6 ms.
Record own_record(std::int64_t batch = 1) {
  constexpr std::int64_t ms = 1'000'000;
  Record record;
  record.subject = example_case(100, 4);
  record.subject.batch = batch;
  record.measurement.series = {
      {"ttft", "ns", {10 * ms, 30 * ms}},
      {"inter_token", "ns", {1 * ms, 2 * ms, 3 * ms, 4 * ms, 5 * ms, 6 * ms}},
      {"end_to_end", "ns", {16 * ms, 45 * ms}}};
  return record;
}

/// What vLLM would have written of the same two requests, with 7 tokens in the second one.
Record two_requests(const std::string& more = "") {
  return imported_text(R"({"model_id": "m", "request_rate": "inf", "max_concurrency": 1,
      "request_throughput": 1, "completed": 2, "total_output_tokens": 11,
      "output_lens": [4, 7], "input_lens": [100, 100], "ttfts": [0.010, 0.030],
      "itls": [[0.001, 0.002, 0.003], [0.004, 0.005, 0.006]])" +
                       more + "}")
      .records[0];
}

TEST(Lens, CountsLaterTokensAsVllmAndMlperfDo) {
  // 6 ms / 3 and 15 ms / 3.
  EXPECT_DOUBLE_EQ(value(own_record(), "vllm", "mean_tpot_ms"), 3.5);
  EXPECT_DOUBLE_EQ(value(own_record(), "aiperf", "inter_token_latency avg"), 3.5);
  EXPECT_DOUBLE_EQ(value(own_record(), "mlperf", "mean time per output token"), 3.5e6);
  // 15 ms / 6 for the request of 7 tokens in 4 chunks.
  EXPECT_DOUBLE_EQ(value(two_requests(), "vllm", "mean_tpot_ms"), 2.25);
}

TEST(Lens, CountsTheFirstTokenInAsGuidellmDoes) {
  // (16 + 45) ms / 8 tokens, and 21 ms / 6 gaps.
  EXPECT_DOUBLE_EQ(value(own_record(), "guidellm", "time_per_output_token_ms mean"), 61.0 / 8);
  EXPECT_DOUBLE_EQ(value(own_record(), "guidellm", "inter_token_latency_ms mean"), 3.5);
  EXPECT_DOUBLE_EQ(value(two_requests(), "guidellm", "time_per_output_token_ms mean"), 61.0 / 11);
  EXPECT_DOUBLE_EQ(value(two_requests(), "guidellm", "inter_token_latency_ms mean"), 21.0 / 9);
}

TEST(Lens, PoolsGapsAsVllmDoes) {
  EXPECT_DOUBLE_EQ(value(own_record(), "vllm", "mean_itl_ms"), 3.5);
  EXPECT_DOUBLE_EQ(value(own_record(), "vllm", "median_itl_ms"), 3.5);
  // numpy's standard deviation divides by n.
  EXPECT_NEAR(value(own_record(), "vllm", "std_itl_ms"), std::sqrt(17.5 / 6), 1e-12);
  EXPECT_NEAR(value(own_record(), "vllm", "p99_itl_ms"), 5.95, 1e-12);
}

TEST(Lens, TakesPercentilesByRankAsLoadgenDoes) {
  EXPECT_EQ(value(own_record(), "mlperf", "50.00 percentile latency"), 45e6);
  EXPECT_EQ(value(own_record(), "vllm", "median_e2el_ms"), 30.5);
}

TEST(Lens, CountsFromWhenDueForMlperfWhereThatIsKnown) {
  EXPECT_THAT(reason(two_requests(), "mlperf", "mean first token latency"),
              HasSubstr("when a request was due"));
  const Record queued = two_requests(R"(, "queue_times": [0.1, 0.2])");
  EXPECT_DOUBLE_EQ(value(queued, "mlperf", "mean first token latency"), 170e6);
  EXPECT_DOUBLE_EQ(value(queued, "vllm", "mean_ttft_ms"), 20);
}

TEST(Lens, SpeaksAsLlamaBenchOfOneSequenceOnly) {
  EXPECT_DOUBLE_EQ(value(own_record(), "llama-bench", "pp avg_ts"), (1e4 + 1e5 / 30) / 2);
  EXPECT_DOUBLE_EQ(value(own_record(), "llama-bench", "tg avg_ts"), (500 + 200) / 2.0);
  // Its standard deviation divides by n - 1.
  EXPECT_NEAR(value(own_record(), "llama-bench", "tg stddev_ts"), 300 / std::sqrt(2.0), 1e-9);
  EXPECT_THAT(reason(own_record(4), "llama-bench", "tg avg_ts"), HasSubstr("one sequence"));
  Record decodes;
  decodes.subject = example_case(0, 2);
  decodes.measurement.series = {{"decode_step", "ns", {1'000'000, 3'000'000, 500'000, 500'000}}};
  EXPECT_DOUBLE_EQ(value(decodes, "llama-bench", "tg avg_ts"), (500 + 2000) / 2.0);
  EXPECT_THAT(reason(decodes, "llama-bench", "pp avg_ts"), HasSubstr("only decodes"));
  EXPECT_THAT(reason(decodes, "vllm", "mean_ttft_ms"), HasSubstr("no first token"));
  EXPECT_DOUBLE_EQ(value(decodes, "vllm", "mean_itl_ms"), 1.25);
}

TEST(Lens, RefusesOthersFiguresOfALlamaBenchRow) {
  const RunWithRecords rows = imported("llama-bench/llama_bench.json");
  EXPECT_THAT(reason(rows.records[0], "vllm", "mean_ttft_ms"), HasSubstr("no request"));
  EXPECT_EQ(value(rows.records[0], "llama-bench", "pp avg_ts"),
            rows.records[0].measurement.metrics.at("llama-bench:avg_ts"));
  // tg8: the mean step is known, no single one.
  EXPECT_DOUBLE_EQ(value(rows.records[2], "vllm", "mean_itl_ms"),
                   rows.records[2].measurement.metrics.at("llama-bench:avg_ns") / 8 / 1e6);
  EXPECT_THAT(reason(rows.records[2], "vllm", "p99_itl_ms"), HasSubstr("together"));
}

TEST(Lens, GivesBackWhatVllmReportedFromSingleRequests) {
  // The client's own figures, which it took from the same requests.
  const Record record = imported("vllm/detailed.json").records[0];
  for (const LensFigure& figure : look_through(record, "vllm")) {
    ASSERT_TRUE(figure.value.has_value()) << figure.name << ": " << figure.basis;
    EXPECT_THAT(figure.basis, HasSubstr("from")) << figure.name;
    EXPECT_NEAR(*figure.value, record.measurement.metrics.at("vllm:" + figure.name), 2e-5)
        << figure.name;
  }
}

TEST(Lens, GivesBackWhatLoadgenReportedFromItsTrace) {
  const Record record = imported("loadgen-server-tokens").records[0];
  const auto& metrics = record.measurement.metrics;
  for (const auto& [statistic, name] :
       {std::pair("mean", "mean_latency_ns"),
        std::pair("50.00 percentile", "50.00_percentile_latency_ns"),
        std::pair("90.00 percentile", "90.00_percentile_latency_ns"),
        std::pair("99.00 percentile", "99.00_percentile_latency_ns")}) {
    EXPECT_NEAR(value(record, "mlperf", std::string(statistic) + " latency"),
                metrics.at(std::string("mlperf:") + name), 1);
  }
  EXPECT_NEAR(value(record, "mlperf", "mean first token latency"),
              metrics.at("mlperf:first_token_mean_latency_ns"), 1);
  EXPECT_LT(value(record, "vllm", "mean_ttft_ms") * 1e6,
            metrics.at("mlperf:first_token_mean_latency_ns"))
      << "counted from the send, so less the delay before it";
  EXPECT_THAT(reason(record, "vllm", "p99_tpot_ms"), HasSubstr("interpolates"));
  const Record alone = imported("loadgen-server-tokens/mlperf_log_detail.txt").records[0];
  EXPECT_THAT(reason(alone, "vllm", "mean_ttft_ms"), HasSubstr("due"));
  EXPECT_DOUBLE_EQ(value(alone, "vllm", "mean_tpot_ms"),
                   metrics.at("mlperf:time_to_output_token_mean") / 1e6);
}

TEST(Lens, GetsMeansOverTokensFromMeansOfRequests) {
  // The same figures from the requests and, by algebra, from the summary alone.
  const Record each = imported("aiperf").records[0];
  const Record summary = imported("aiperf/profile_export_aiperf.json").records[0];
  for (const char* name : {"time_per_output_token_ms mean", "inter_token_latency_ms mean"}) {
    EXPECT_NEAR(value(each, "guidellm", name), value(summary, "guidellm", name), 1e-5) << name;
  }
  for (const char* name : {"mean_tpot_ms", "p99_tpot_ms", "median_itl_ms", "p99_e2el_ms"}) {
    EXPECT_NEAR(value(each, "vllm", name), value(summary, "vllm", name), 1e-5) << name;
  }
  EXPECT_NEAR(value(each, "mlperf", "mean latency"), value(summary, "mlperf", "mean latency"), 100);
  EXPECT_THAT(reason(summary, "mlperf", "99.00 percentile latency"), HasSubstr("single requests"));
  EXPECT_THAT(reason(summary, "aiperf", "output_token_throughput_per_user avg"), HasSubstr("1/x"));
}

TEST(Lens, HasNoTimePerTokenOfASingleToken) {
  Record record = own_record();
  record.subject.generate = 1;
  record.measurement.series.resize(1);
  EXPECT_THAT(reason(record, "vllm", "mean_tpot_ms"), HasSubstr("two tokens"));
  EXPECT_THAT(reason(record, "mlperf", "mean time per output token"), HasSubstr("single token"));
  EXPECT_DOUBLE_EQ(value(record, "vllm", "mean_ttft_ms"), 20);
  EXPECT_THAT(
      reason(imported("vllm/detailed.json").records[0], "mlperf", "mean time per output token"),
      HasSubstr("single token"));
}

TEST(Lens, LeavesOutARepetitionThatWasCutOff) {
  Record record = own_record();
  record.measurement.series[0].samples.push_back(1);
  EXPECT_DOUBLE_EQ(value(record, "vllm", "mean_ttft_ms"), 20);
}

TEST(Lens, SaysNothingOfWhatIsNotAboutTokens) {
  EXPECT_TRUE(look_through(imported("nvbench/copy.json").records[0], "vllm").empty());
  EXPECT_THAT(error_of([] { look_through(own_record(), "vlm"); }),
              AllOf(HasSubstr("vllm"), HasSubstr("guidellm")));
  EXPECT_THAT(lens_table(imported("nvbench/copy.json"), "vllm"), HasSubstr("no token timings"));
  EXPECT_THAT(lens_table(imported("vllm/detailed.json"), "mlperf"),
              AllOf(HasSubstr("refused"), HasSubstr("mean latency"), HasSubstr(" ns")));
}

}  // namespace
}  // namespace ridgepoint
